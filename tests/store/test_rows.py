"""Rows go in as they are, whichever way is taken."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from store import database, people, rows, tables

AT = datetime(2026, 11, 21, 23, 59, 59, 123456, tzinfo=UTC)
PLACE = {"code": "K7", "name": "Äyriäis\x01tiski", "way": "place", "survey": "nps", "made_at": AT}
OPTIONS = [None, {}, {"a": [1, "ä", None, {"b": True}]}, sa.null()]


@pytest.mark.parametrize("options", OPTIONS)
def test_what_went_in_comes_out_and_is_what_sqlalchemy_would_have_stored(store: database.Store, options: object) -> None:
    place = rows.table(tables.Place)
    texts = sa.select(sa.cast(place.c.options, sa.Text), place.c.made_at, place.c.closed_at)
    with store.write() as tx:
        rows.insert(tx, place, [{**PLACE, "closed_at": None, "options": options}])
        tx.execute(sa.insert(place), [{**PLACE, "code": "K8", "name": "x", "closed_at": None, "options": options}])
        one, other = tx.execute(texts.order_by(place.c.code)).all()
        assert tx.execute(sa.select(place.c.name).where(place.c.code == "K7")).scalar_one() == PLACE["name"]
    assert one == other
    assert one.made_at == AT
    assert one.closed_at is None


def test_none_is_none_of_the_matter(store: database.Store) -> None:
    with store.write() as tx:
        rows.insert(tx, people.PERSON, [])
        assert tx.execute(sa.select(sa.func.count()).select_from(people.PERSON)).scalar_one() == 0


def test_a_row_that_lacks_a_column_is_told(store: database.Store) -> None:
    with pytest.raises(KeyError, match="opted_out_by"), store.write() as tx:
        rows.insert(tx, people.PERSON, [{"key": "a", "opted_out_by": ""}, {"key": "b"}])


def test_a_default_of_pythons_is_put_in(store: database.Store) -> None:
    made_up = sa.Table("made_up", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.Integer, default=7))
    with store.write() as tx:
        made_up.create(tx)
        rows.insert(tx, made_up, [{"a": 1}, {"a": 2}])
        assert tx.execute(sa.select(made_up).order_by("a")).all() == [(1, 7), (2, 7)]


@pytest.mark.parametrize("count", [0, 1, 3, 3000])
def test_a_list_of_any_length_is_one_parameter(store: database.Store, count: int) -> None:
    keys = ["", "\"quoted'", "Ä\U0001f600"] + [f"person {number}" for number in range(3, 3000)]
    with store.write() as tx:
        rows.insert(tx, people.PERSON, [{"key": key, "opted_out_by": ""} for key in keys])
        by_key = sa.select(people.PERSON.c.id).where(rows.among(people.PERSON.c.key, "keys"))
        ids = list(tx.execute(by_key, {"keys": keys[:count]}).scalars())
        by_id = sa.select(people.PERSON.c.key).where(rows.among(people.PERSON.c.id, "ids"))
        assert sorted(tx.execute(by_id, {"ids": ids}).scalars()) == sorted(keys[:count])
