"""What SMS gateways tell us: deliveries, failures and people who write STOP. Over real sockets, by the gateways' own words."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pydantic
import pytest
import requests

from channels.sms import channel as sms_channel
from channels.sms import settings
from journey.reaching import replies
from store import returned
from tests.channels import gateway_server
from tests.web.conftest import Place
from triggers import rule

SECRET = "s3cret-of-the-hooks"
SHOWN = {"Authorization": f"Bearer {SECRET}"}
RULES = rule.Rules.model_validate(
    {"rules": [{"name": "All", "on": "case_closed", "survey": "asked", "channel": "sms", "expires": "14d"}]}
)


@pytest.fixture
def server() -> Any:
    with gateway_server.running() as made:
        yield made


def texting(make_place: Callable[..., Place], server: gateway_server.Server, **told: Any) -> Place:
    """A place whose texts go to this gateway."""
    token = {"token": pydantic.SecretStr(server.gateway.account.token)}
    common = {"gateway": "http", "url": f"{server.url}/messages", "sender": "+358457300000"} | token
    hooks = {"hooks": {"secret": pydantic.SecretStr(SECRET), "dead": ["E5"]}}
    given: Any = pydantic.TypeAdapter(settings.SmsSettings).validate_python(told if told else common | hooks)
    return make_place(rules=RULES, channels={"sms": sms_channel.SmsChannel(given, "http://survey.example")})


def texted(place: Place, **values: object) -> str:
    """A case is closed and its person texted; the case."""
    case = place.world.close_case(**{"contact__phone": "+358451234567", "contact__language": "en", **values})  # type: ignore[arg-type]
    place.world.turn()
    return case


def report(place: Place, headers: dict[str, str] = SHOWN, **told: Any) -> requests.Response:
    return place.post("/hooks/sms/status", json.dumps(told), headers={"Content-Type": "application/json", **headers})


def wrote(place: Place, text: str, number: str = "+358451234567", headers: dict[str, str] = SHOWN) -> requests.Response:
    return place.post(
        "/hooks/sms/inbound", json.dumps({"from": number, "text": text}), headers={"Content-Type": "application/json", **headers}
    )


def message(place: Place, case: str) -> dict[str, Any]:
    sends: list[dict[str, Any]] = place.world.why(case)["invitation"]["messages"]
    return sends[0]


def tallies(place: Place) -> dict[str, int]:
    with place.world.belt.store.read() as tx:
        return returned.counted(tx)


def test_a_delivery_is_noted(make_place: Callable[..., Place], server: gateway_server.Server) -> None:
    place = texting(make_place, server)
    case = texted(place)
    place.later(minutes=1)
    answer = report(place, id=server.gateway.messages[0].id, status="delivered")
    assert (answer.status_code, answer.content) == (204, b"")
    told = message(place, case)
    assert (told["state"], told["delivered_at"], told["parts"]) == ("sent", place.world.clock().isoformat(timespec="seconds"), 1)


@pytest.mark.parametrize(("code", "given_up"), [("E5", True), ("E7", False)])
def test_a_text_that_did_not_arrive_is_bounced(
    make_place: Callable[..., Place], server: gateway_server.Server, code: str, given_up: bool
) -> None:
    place = texting(make_place, server)
    case = texted(place)
    assert report(place, id=server.gateway.messages[0].id, status="undelivered", code=code).status_code == 204
    assert message(place, case)["state"] == "bounced"
    assert place.world.why(case)["decision"]["reason"] == "undeliverable"
    again = texted(place, contact__email="")
    asked_again = place.world.why(again)["decision"]["reason"] == "asked"
    assert asked_again is not given_up


def test_the_same_report_twice_is_one(make_place: Callable[..., Place], server: gateway_server.Server) -> None:
    place = texting(make_place, server)
    case = texted(place)
    for _ in range(2):
        report(place, id=server.gateway.messages[0].id, status="failed", code="E5")
    assert [event["what"] for event in place.world.why(case)["events"]].count("bounced") == 1


def test_a_report_about_nothing_is_counted(make_place: Callable[..., Place], server: gateway_server.Server) -> None:
    place = texting(make_place, server)
    assert report(place, id="never-sent", status="delivered").status_code == 204
    assert tallies(place) == {"unknown_message": 1}


@pytest.mark.parametrize("odd", ["\ud800", "a\x00b", "x" * 20_000, "é\u202e"])
def test_odd_letters_do_no_harm(make_place: Callable[..., Place], server: gateway_server.Server, odd: str) -> None:
    place = texting(make_place, server)
    case = texted(place)
    told = [report(place, id=odd, status="failed"), report(place, id=server.gateway.messages[0].id, status=odd, code=odd)]
    told += [
        wrote(place, odd),
        wrote(place, "STOP", odd),
        report(place, id=server.gateway.messages[0].id, status="failed", code=odd),
    ]
    assert [answer.status_code for answer in told] == [204] * 5
    assert message(place, case)["state"] == "bounced"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": SECRET[:-1]}, {"Authorization": "ä"}]
)
def test_who_does_not_show_the_secret_is_turned_away(
    make_place: Callable[..., Place], server: gateway_server.Server, headers: dict[str, str]
) -> None:
    place = texting(make_place, server)
    case = texted(place)
    sound = {name: value.encode("latin-1") for name, value in headers.items()}
    given: Any = sound
    assert report(place, given, id=server.gateway.messages[0].id, status="failed").status_code == 401
    assert wrote(place, "STOP", headers=given).status_code == 401
    assert message(place, case)["state"] == "sent"
    assert place.world.why(case)["person"]["opted_out_at"] is None


def test_without_a_gateway_there_is_nobody_to_hear(place: Place) -> None:
    assert report(place, id="x", status="delivered").status_code == 404


def test_an_endless_body_is_refused(make_place: Callable[..., Place], server: gateway_server.Server) -> None:
    place = texting(make_place, server)
    assert place.post("/hooks/sms/status", b"x" * 70_000, headers=SHOWN).status_code == 413


def test_a_get_changes_nothing(make_place: Callable[..., Place], server: gateway_server.Server) -> None:
    assert texting(make_place, server).get("/hooks/sms/inbound").status_code == 405


NOES = ["STOP", " stop ", "Stop.", "SEIS", "Stopp", "LOPETA", "lopeta kyselyt", "STOP HAVU", "\u200bＳＴＯＰ\n", "opt out"]


@pytest.mark.parametrize("text", NOES)
def test_a_no_opts_the_person_out(make_place: Callable[..., Place], server: gateway_server.Server, text: str) -> None:
    place = texting(make_place, server)
    case = texted(place)
    assert wrote(place, text, "358451234567").status_code == 204
    told = place.world.why(case)
    assert told["person"]["opted_out_at"] is not None
    assert told["events"][-1]["what"] == "opted_out"
    place.later(days=60)
    again = texted(place, contact__email="")
    assert place.world.why(again)["decision"]["reason"] == "opted_out"


def test_a_no_from_a_number_that_is_known_only_by_its_texts_counts(
    make_place: Callable[..., Place], server: gateway_server.Server
) -> None:
    """A switchboard's number: too many people share it to be a key of one of them."""
    place = texting(make_place, server)
    cases = [texted(place) for _ in range(6)]
    wrote(place, "STOP")
    last = [case for case in cases if place.world.why(case)["person"]["opted_out_at"]]
    assert cases[-1] in last


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Thanks!",
        "The end of the story is that I am happy",
        "start tomorrow",
        "yes",
        "5",
        "stop calling me at home at night please",
    ],
)
def test_anything_else_is_counted_and_changes_nothing(
    make_place: Callable[..., Place], server: gateway_server.Server, text: str
) -> None:
    place = texting(make_place, server)
    case = texted(place)
    assert wrote(place, text).status_code == 204
    assert place.world.why(case)["person"]["opted_out_at"] is None
    assert tallies(place) == {"sms_other_text": 1}


@pytest.mark.parametrize("number", ["+358451234599", "Havu", "12"])
def test_a_no_from_nobody_is_counted(make_place: Callable[..., Place], server: gateway_server.Server, number: str) -> None:
    place = texting(make_place, server)
    texted(place)
    wrote(place, "STOP", number)
    assert sum(tallies(place).values()) == 1


@pytest.mark.parametrize("text", ["START", " start ", "Unstop!", "ALOITA", "starta"])
def test_start_takes_back_a_stop(make_place: Callable[..., Place], server: gateway_server.Server, text: str) -> None:
    place = texting(make_place, server)
    case = texted(place)
    wrote(place, "STOP")
    assert wrote(place, text).status_code == 204
    told = place.world.why(case)
    assert told["person"]["opted_out_at"] is None
    assert [event["what"] for event in told["events"]][-2:] == ["opted_out", "opted_in"]
    place.later(days=60)
    assert place.world.why(texted(place))["decision"]["reason"] == "asked"


@pytest.mark.parametrize("page_first", [False, True])
def test_start_takes_no_other_no_back(make_place: Callable[..., Place], server: gateway_server.Server, page_first: bool) -> None:
    place = texting(make_place, server)
    case = texted(place)
    token = server.gateway.messages[0].text.rpartition("/s/")[2].split()[0]
    for by_page in (page_first, not page_first):
        place.post(f"/u/{token}", {"List-Unsubscribe": "One-Click"}) if by_page else wrote(place, "STOP")
    wrote(place, "START")
    assert place.world.why(case)["person"]["opted_out_at"] is not None


def test_start_from_somebody_who_did_not_stop_changes_nothing(
    make_place: Callable[..., Place], server: gateway_server.Server
) -> None:
    place = texting(make_place, server)
    case = texted(place)
    assert [wrote(place, "START").status_code, wrote(place, "START", "+358451234599").status_code] == [204, 204]
    assert "opted_in" not in [event["what"] for event in place.world.why(case)["events"]]


@pytest.mark.parametrize("failed", ["failed", "undelivered"])
def test_a_text_that_was_delivered_is_there_whatever_is_told_later(
    make_place: Callable[..., Place], server: gateway_server.Server, failed: str
) -> None:
    place = texting(make_place, server)
    case = texted(place)
    for status in ("delivered", failed, "delivered", failed):
        assert report(place, id=server.gateway.messages[0].id, status=status, code="E5").status_code == 204
    assert (message(place, case)["state"], place.world.why(case)["invitation"]["state"]) == ("sent", "open")
    assert tallies(place) == {"sms_failed_after_delivery": 2}


def signed(place: Place, path: str, form: dict[str, str], token: str) -> requests.Response:
    """A POST as Twilio makes it, to the public address."""
    text = f"http://survey.example{path}" + "".join(name + form[name] for name in sorted(form))
    made = base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
    return place.post(path, form, headers={"X-Twilio-Signature": made})


class TestTwilio:
    @pytest.fixture
    def place(self, make_place: Callable[..., Place], server: gateway_server.Server) -> Place:
        account = server.gateway.account
        self.token, self.gateway = account.auth_token, server.gateway
        told = {"gateway": "twilio", "url": server.url, "sender": "+358457300000", "account_sid": account.account_sid}
        return texting(make_place, server, **told, auth_token=pydantic.SecretStr(account.auth_token), timeout="5s")

    def test_a_signed_delivery_is_noted(self, place: Place) -> None:
        case = texted(place)
        taken = self.gateway.messages[0]
        path = taken.report_to.removeprefix("http://survey.example")
        form = {"MessageSid": taken.id, "MessageStatus": "delivered", "To": taken.to}
        assert signed(place, path, form, self.token).status_code == 204
        assert message(place, case)["delivered_at"] is not None

    def test_another_address_or_token_does_not_fit_the_signature(self, place: Place) -> None:
        texted(place)
        form = {"MessageSid": self.gateway.messages[0].id, "MessageStatus": "failed"}
        assert signed(place, "/hooks/sms/status", form, "another").status_code == 401
        assert place.post("/hooks/sms/status?key=1", form, headers={"X-Twilio-Signature": "x"}).status_code == 401

    def test_an_unsure_text_is_settled_by_its_report(self, place: Place) -> None:
        self.gateway.faults.add("drop_after_data", count=1)
        case = texted(place)
        assert message(place, case)["state"] == "unsure"
        taken = self.gateway.messages[0]
        path = taken.report_to.removeprefix("http://survey.example")
        signed(place, path, {"MessageSid": taken.id, "MessageStatus": "sent"}, self.token)
        assert message(place, case)["state"] == "sent"
        signed(place, path, {"MessageSid": taken.id, "MessageStatus": "undelivered", "ErrorCode": "30005"}, self.token)
        assert message(place, case)["state"] == "bounced"
        assert len(self.gateway.messages) == 1

    def test_whoever_said_no_to_twilio_said_it_to_us(self, place: Place) -> None:
        self.gateway.stopped.add("+358451234567")
        case = texted(place)
        told = place.world.why(case)
        assert (told["decision"]["reason"], message(place, case)["state"]) == ("opted_out", "refused")
        assert told["person"]["opted_out_at"] is not None

    def test_stop_is_heard(self, place: Place) -> None:
        case = texted(place)
        form = {"MessageSid": "SM1", "From": "+358451234567", "To": "+358457300000", "Body": "Stop"}
        assert signed(place, "/hooks/sms/inbound", form, self.token).status_code == 204
        assert place.world.why(case)["person"]["opted_out_at"] is not None


def test_the_daily_cap_holds_and_the_rest_goes_tomorrow(make_place: Callable[..., Place], server: gateway_server.Server) -> None:
    told = {"gateway": "http", "url": f"{server.url}/messages", "sender": "Havu", "daily_cap": 3}
    place = texting(make_place, server, **told)
    for number in range(5):
        place.world.close_case(contact__phone=f"+3584512345{number:02d}")
    place.world.turn()
    assert len(server.gateway.messages) == 3
    place.later(hours=2)
    place.world.turn()
    assert len(server.gateway.messages) == 3
    place.later(days=1)
    place.world.turn()
    assert len(server.gateway.messages) == 5


@pytest.mark.parametrize(
    ("text", "no"),
    [("stop", True), ("Arrêt", True), ("non-stop fun", False), ("stopwatch", False), ("¡ALTO!", True), ("arre\u0302t", True)],
)
def test_what_a_no_is(text: str, no: bool) -> None:
    assert replies.is_no(text) is no


def test_an_unsure_text_is_repeated_where_the_gateway_drops_repeats(
    make_place: Callable[..., Place], server: gateway_server.Server
) -> None:
    place = texting(make_place, server)
    server.gateway.faults.add("drop_after_data", count=1)
    case = texted(place)
    assert message(place, case)["state"] == "due"
    place.world.clock.advance(timedelta(minutes=5))
    place.world.turn()
    assert (message(place, case)["state"], len(server.gateway.messages)) == ("sent", 1)
