"""The survey within a page of others: who may frame it, and what a signed context does. Signatures are made by other programs."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis
import pytest
import requests
import sqlalchemy as sa
from hypothesis import strategies as st

from journey import story
from store import decisions, touchpoints
from surveys import survey
from tests.web import conftest, embedding
from tests.web import places as made
from web import embed

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHOP = "https://shop.example"
SECRET = embedding.SECRET.encode()


def exp(pages: conftest.Place, seconds: int = 3600) -> int:
    return int(pages.world.clock().timestamp()) + seconds


def send(pages: conftest.Place, code: str, context: str, value: str = "4") -> requests.Response:
    """Open the frame and send it."""
    page = pages.get(f"/e/{code}?origin={SHOP}&signed=1")
    return pages.post(f"/e/{code}?origin={SHOP}", {**made.hidden_in(page.text), "value": value, "context": context, "more": ""})


def touches(pages: conftest.Place) -> list[dict[str, Any]]:
    with pages.world.belt.store.read() as tx:
        table = touchpoints.TOUCHPOINT
        return [dict(row) for row in tx.execute(sa.select(table).where(table.c.kind == "visit").order_by(table.c.id)).mappings()]


def stories(pages: conftest.Place, text: str) -> list[dict[str, Any]]:
    belt = pages.world.belt
    told: list[dict[str, Any]] = story.tell(belt.store, belt.secret, text, timedelta(days=30))["touchpoints"]
    return told


def test_only_the_places_own_origins_may_frame_it(place: conftest.Place) -> None:
    here = embedding.make(place, SHOP, "https://www.shop.example:8443")
    for path in (f"/e/{here.code}", f"/e/{here.code}/thanks"):
        headers = place.get(path).headers
        assert headers["Content-Security-Policy"].endswith(f"frame-ancestors {SHOP} https://www.shop.example:8443")
        assert "X-Frame-Options" not in headers
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    made.close(place, here)
    closed = place.get(f"/e/{here.code}?origin={SHOP}")
    assert (closed.status_code, 'data-state="closed"' in closed.text) == (410, True)
    assert SHOP in closed.headers["Content-Security-Policy"]


def test_a_mistake_in_the_frame_is_told_within_the_frame(place: conftest.Place) -> None:
    here = embedding.make(place, SHOP)
    wrong = send(place, here.code, "kept.for-the-next-try", value="")
    assert wrong.status_code == 422
    assert SHOP in wrong.headers["Content-Security-Policy"]
    assert made.hidden_in(wrong.text)["context"] == "kept.for-the-next-try"
    assert f'data-host="{SHOP}"' in wrong.text


def test_other_places_and_pages_are_in_nobodys_frame(place: conftest.Place) -> None:
    shop = made.make(place)
    assert place.get(f"/e/{shop.code}").status_code == 404
    for path in (f"/e/{shop.code}", f"/p/{shop.code}", "/privacy"):
        headers = place.get(path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"


def test_the_frame_talks_to_no_origin_but_the_places_own(place: conftest.Place) -> None:
    here = embedding.make(place, SHOP)
    assert f'data-host="{SHOP}"' in place.get(f"/e/{here.code}?origin={SHOP}").text
    for other in ("https://evil.example", "*", "null", f"{SHOP}.evil.example"):
        assert 'data-host=""' in place.get(f"/e/{here.code}", params={"origin": other}).text


def test_the_loader_is_small_and_for_everybody(place: conftest.Place) -> None:
    answer = place.get("/embed.js")
    assert len(answer.content) < 5_000
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "#ACCENT" not in answer.text
    assert "cookie" not in answer.text
    assert "innerHTML" not in answer.text


def test_a_signed_customer_answers_as_themselves_about_their_record(place: conftest.Place) -> None:
    here = embedding.make(place, SHOP)
    case = place.world.close_case("aino@posti.example")
    place.world.turn()
    before = made.stored(place, "value")
    context = embed.sign(
        SECRET,
        {
            "email": "Aino@Posti.example",
            "name": "Aino",
            "connector": "crm",
            "object": "case",
            "record": case,
            "facts": {"plan": "gold", "orders": 3},
            "exp": exp(place),
        },
    )
    assert send(place, here.code, context, "9").status_code == 200
    (touch,) = touches(place)
    assert (touch["connector"], touch["object"], touch["record"]) == ("crm", "case", case)
    assert touch["context"]["plan"] == "gold"
    assert touch["context"]["orders"] == 3
    with place.world.belt.store.read() as tx:
        closing = sa.select(touchpoints.TOUCHPOINT.c.person_id).where(touchpoints.TOUCHPOINT.c.kind == "case_closed")
        person = tx.execute(closing).scalar_one()
        asked = tx.execute(
            sa.select(decisions.DECISION.c.asked_at).where(decisions.DECISION.c.touchpoint_id == touch["id"])
        ).scalar_one()
    assert touch["person_id"] == person, "whoever the closed case was about"
    assert asked == touch["happened_at"], "having answered is having been asked"
    place.world.turn()
    written = place.world.crm.get("case", case)
    assert written is not None
    assert written.values["score"] == 9
    assert len(made.stored(place, "value")) == len(before) + 1


WRONG: list[tuple[str, Callable[[conftest.Place, str], str]]] = [
    (
        "forged",
        lambda place, code: embed.sign(b"another secret of some thirty bytes", {"email": "a@b.example", "exp": exp(place)}),
    ),
    ("forged", lambda place, code: "e30." + "0" * 64),
    ("expired", lambda place, code: embed.sign(SECRET, {"email": "a@b.example", "exp": exp(place, -1)})),
    ("expired", lambda place, code: embed.sign(SECRET, {"email": "a@b.example", "exp": exp(place, 86_400 * 30)})),
    ("malformed", lambda place, code: embed.sign(SECRET, {"email": "a@b.example"})),
    ("malformed", lambda place, code: "no-signature"),
    ("elsewhere", lambda place, code: embed.sign(SECRET, {"email": "a@b.example", "exp": exp(place), "place": "OTHER4"})),
]


@pytest.mark.parametrize(("reason", "make"), WRONG)
def test_who_is_not_vouched_for_is_anonymous_and_counted(
    place: conftest.Place, reason: str, make: Callable[[conftest.Place, str], str]
) -> None:
    here = embedding.make(place, SHOP)
    assert send(place, here.code, make(place, here.code), "7").status_code == 200
    (touch,) = touches(place)
    assert (touch["person_id"], touch["connector"], touch["record"]) == (None, "", here.code)
    assert made.stored(place, "value", "state") == [(7, "confirmed")]
    assert f'palaute_embed_contexts{{state="{reason}"}} 1.0' in place.get("/metrics").text


def test_who_has_answered_there_is_not_asked_by_mail_about_something_else(place: conftest.Place) -> None:
    here = embedding.make(place, SHOP)
    send(place, here.code, embed.sign(SECRET, {"email": "uusi@posti.example", "exp": exp(place)}))
    place.world.close_case("uusi@posti.example")
    place.world.turn()
    (closed,) = [one for one in stories(place, "uusi@posti.example") if one["kind"] == "case_closed"]
    assert closed["decision"]["reason"] == "quarantined"


def test_the_page_says_who_sees_the_answer_of_somebody_who_is_known(place: conftest.Place) -> None:
    here = embedding.make(place, SHOP)
    signed, plain = (place.get(f"/e/{here.code}?origin={SHOP}{more}").text for more in ("&signed=1", ""))
    assert "with your name" in signed
    assert 'href="/privacy?lang=en"' in signed
    assert "Anonymous." in plain
    assert f'href="/p/{here.code}/privacy?lang=en"' in plain


def test_an_anonymous_survey_stays_anonymous_whoever_is_signed_in(make_place: Callable[..., conftest.Place]) -> None:
    place = make_place(surveys={"asked": survey.Survey(key="asked", metric="nps", anonymous=True)})
    here = embedding.make(place, SHOP)
    assert "Anonymous." in place.get(f"/e/{here.code}?origin={SHOP}&signed=1").text
    told = {"email": "aino@posti.example", "name": "Aino", "facts": {"customer": "4711"}, "exp": exp(place)}
    assert send(place, here.code, embed.sign(SECRET, told)).status_code == 200
    (touch,) = touches(place)
    assert touch["person_id"] is None
    assert "4711" not in str(touch)
    assert "aino" not in str(touch).lower()


def test_a_record_of_a_connector_that_nobody_configured_leaves_the_person(place: conftest.Place) -> None:
    here = embedding.make(place, SHOP)
    told = {"email": "a@b.example", "connector": "other", "object": "Case", "record": "500", "exp": exp(place)}
    send(place, here.code, embed.sign(SECRET, told))
    (touch,) = touches(place)
    assert (touch["connector"], touch["record"]) == ("", here.code)
    assert touch["person_id"] is not None


def test_without_a_secret_nobody_is_vouched_for(place: conftest.Place) -> None:
    with pytest.raises(embed.Refused, match="unasked"):
        embed.read(b"", embed.sign(b"", {"exp": NOW.timestamp() + 60}), NOW, "AAAA")


PAYLOAD = {
    "email": "aino@posti.example",
    "name": "Äino “A” Virtanen",
    "exp": int(NOW.timestamp()) + 60,
    "facts": {"plan": "gold"},
}


def test_what_openssl_signs_is_believed() -> None:
    """The recipe by command line, with programs that know nothing of ours."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not there")
    payload = base64.urlsafe_b64encode(json.dumps(PAYLOAD, ensure_ascii=False).encode())
    command = ["openssl", "dgst", "-sha256", "-hmac", embedding.SECRET]
    said = subprocess.run(command, input=payload, capture_output=True, check=True).stdout.decode()
    told = embed.read(SECRET, f"{payload.decode()}.{said.split()[-1]}", NOW, "AAAA")
    assert (told.email, told.name, dict(told.facts)) == ("aino@posti.example", "Äino “A” Virtanen", {"plan": "gold"})


def test_what_node_signs_is_believed() -> None:
    """The recipe of docs/embed.md for JavaScript."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not there")
    script = """
      const { createHmac } = require("node:crypto");
      const [secret, payload] = process.argv.slice(1);
      const text = Buffer.from(payload).toString("base64url");
      console.log(text + "." + createHmac("sha256", secret).update(text).digest("hex"));
    """
    said = subprocess.run([node, "-e", script, embedding.SECRET, json.dumps(PAYLOAD)], capture_output=True, check=True)
    assert embed.read(SECRET, said.stdout.decode(), NOW, "AAAA").name == "Äino “A” Virtanen"


NAMES = st.sampled_from(["email", "name", "facts", "record", "language", "connector"])


@hypothesis.given(st.dictionaries(NAMES, st.none() | st.text() | st.integers()))
def test_whatever_is_signed_becomes_short_lines(payload: dict[str, Any]) -> None:
    told = embed.read(SECRET, embed.sign(SECRET, payload | {"exp": NOW.timestamp() + 60}), NOW, "AAAA")
    assert max(map(len, (told.email, told.name, told.record))) <= 320
    assert "\n" not in told.name + told.record + told.email
    assert dict(told.facts) == {}


@hypothesis.given(st.text(max_size=200), st.integers(0, 200))
def test_a_changed_letter_is_noticed(noise: str, at: int) -> None:
    good = embed.sign(SECRET, PAYLOAD)
    changed = good[:at] + noise + good[at + len(noise) :]
    if changed.lower() != good.lower():
        with pytest.raises(embed.Refused):
            embed.read(SECRET, changed, NOW, "AAAA")
