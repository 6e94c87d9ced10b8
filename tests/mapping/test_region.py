"""Countries as CRMs write them, and whose phone numbers they make readable."""

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as some

from mapping import inward, kind, region, settings
from store import people
from triggers import touchpoint


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("FI", "FI"), ("fin", "FI"), (" Finland ", "FI"), ("SUOMI", "FI"), ("Ruotsi", "SE"), ("Sverige", "SE"), ("USA", "US"),
        ("United  States", "US"), ("UK", "GB"), ("Deutschland", "DE"), ("Viro", "EE"), ("", ""), ("Atlantis", ""), ("12", ""),
    ],
)  # fmt: skip
def test_a_country_is_known_by_code_and_by_name(said: str, code: str) -> None:
    assert region.code_of(said) == code


@given(some.text(max_size=40))
def test_any_text_is_a_country_of_two_letters_or_none(said: str) -> None:
    code = region.code_of(said)
    assert code == "" or (len(code) == 2 and region.code_of(code) == code)


def recipient(chosen: kind.Source, **values: str) -> touchpoint.Recipient:
    found = inward.recipient(chosen, values)
    assert found is not None
    return found


SOURCE = kind.Source.model_validate(
    {
        "name": "visit",
        "kind": "visit",
        "object": "Visit",
        "once": "done",
        "person": [{"record": "ContactId", "phone": "Contact.Phone", "country": "Contact.MailingCountry"}],
    }
)


@pytest.mark.parametrize(
    ("home", "country", "number"),
    [
        ("", "Sweden", "tel:+46701234567"),
        ("SE", "", "tel:+46701234567"),
        ("SE", "Atlantis", "tel:+46701234567"),
        ("SE", "Suomi", "tel:+358701234567"),
        ("", "", "tel:+358701234567"),
    ],
)
def test_a_number_belongs_to_the_persons_country_else_to_the_settings(home: str, country: str, number: str) -> None:
    chosen = SOURCE.model_copy(update={"region": home})
    found = recipient(chosen, **{"ContactId": "003", "Contact.Phone": "070-123 45 67", "Contact.MailingCountry": country})
    assert people.normal_phone(found.phone, found.country) == number


def test_one_human_has_one_key_in_both_spellings() -> None:
    national = touchpoint.Recipient(phone="070-123 45 67", country="SE")
    assert people.key(b"secret..", national) == people.key(b"secret..", touchpoint.Recipient(phone="+46701234567"))


def test_settings_say_where_numbers_belong() -> None:
    given_ = settings.MappingSettings.model_validate({"region": "Sweden", "kinds": {"acme": {"case_closed": {"region": "NO"}}}})
    regions = {source.name: source.region for source in given_.sources("acme", "salesforce")}
    assert regions.pop("case_closed") == "NO"
    assert set(regions.values()) == {"SE"}


def test_a_country_that_does_not_exist_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="two letters"):
        settings.MappingSettings.model_validate({"region": "XX"})
