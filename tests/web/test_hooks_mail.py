"""POST /hooks/mail: who may call, what each provider's shape means, and that it is settled once."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from channels.email import channel as email_channel
from channels.email import mime
from channels.email import settings as email_settings
from store import bad_addresses, messages, returned
from tests.channels import mail_server
from tests.journey import conftest as journey_conftest
from tests.web import conftest
from triggers import rule

SECRET = "a-long-and-random-secret"
RULES = {"rules": [{"name": "All", "on": "case_closed", "survey": "asked", "channel": "email"}]}


logs = journey_conftest.logs


class Called:
    """Pages whose mails go to a real mail server, and a provider that calls them."""

    def __init__(self, place: conftest.Place, server: mail_server.Server) -> None:
        self.place = place
        self.url = f"{place.pages.address}/hooks/mail"
        place.world.close_case(email="aino@posti.example")
        place.world.turn()

    @property
    def token(self) -> str:
        with self.place.world.belt.store.read() as tx:
            key = tx.execute(messages.MESSAGE.select()).mappings().one()["key"]
        return mime.token(str(key))

    @property
    def message_id(self) -> str:
        return f"<{self.token}@havu.example>"

    def post(self, told: Any, **headers: str) -> requests.Response:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        return requests.post(self.url, data=body, headers=headers or {"Authorization": f"Bearer {SECRET}"}, timeout=10)

    def state(self) -> tuple[str, str, list[str]]:
        """State and code of the message, and the kinds of the marks on its address."""
        with self.place.world.belt.store.read() as tx:
            row = tx.execute(messages.MESSAGE.select()).mappings().one()
            return row["state"], row["code"], [one["kind"] for one in bad_addresses.listed(tx)]


@pytest.fixture
def server() -> Iterator[mail_server.Server]:
    server = mail_server.start(mail_server.Handler())
    yield server
    server.stop()


def channel(server: mail_server.Server, **bounces: Any) -> email_channel.EmailChannel:
    told = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "Havu <feedback@havu.example>"}
    return email_channel.EmailChannel(email_settings.EmailSettings.model_validate({**told, "bounces": bounces}))


@pytest.fixture
def called(make_place: Callable[..., conftest.Place], server: mail_server.Server, monkeypatch: pytest.MonkeyPatch) -> Called:
    monkeypatch.setenv("HOOK", SECRET)
    reached = {"email": channel(server, hook_secret="env:HOOK")}
    return Called(make_place(rules=rule.Rules.model_validate(RULES), channels=reached), server)


def plain(called: Called, **changes: Any) -> dict[str, Any]:
    return {"message_id": called.message_id, "event": "bounced", "code": "5.1.1", "words": "user unknown", **changes}


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"palaute:{password}".encode()).decode()


class TestWhoMayCall:
    @pytest.mark.parametrize("shown", [f"Bearer {SECRET}", f"bearer {SECRET}", basic(SECRET)])
    def test_whoever_shows_the_secret(self, called: Called, shown: str) -> None:
        assert called.post(plain(called), Authorization=shown).status_code == 204
        assert called.state() == ("bounced", "5.1.1", ["bounced"])

    def test_whoever_signs_the_body(self, called: Called) -> None:
        body = json.dumps(plain(called)).encode()
        made = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert called.post(body, **{"X-Palaute-Signature": f"sha256={made}"}).status_code == 204
        assert called.state()[0] == "bounced"

    @pytest.mark.parametrize(
        "headers",
        [
            {"X-Nothing": "1"},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Bearer"},
            {"Authorization": basic("wrong")},
            {"Authorization": "Basic %%%"},
            {"X-Palaute-Signature": "sha256=00"},
            {"X-Palaute-Signature": "sha256=00", "Authorization": f"Bearer {SECRET}"},
        ],
    )
    def test_nobody_else(self, called: Called, headers: dict[str, str]) -> None:
        answer = called.post(plain(called), **headers)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="palaute"')
        assert called.state() == ("sent", "", [])

    def test_without_a_secret_there_is_no_such_address(
        self, make_place: Callable[..., conftest.Place], server: mail_server.Server
    ) -> None:
        place = make_place(rules=rule.Rules.model_validate(RULES), channels={"email": channel(server)})
        assert place.post("/hooks/mail", data=b"{}").status_code == 404


def ses(called: Called, **bounce: Any) -> dict[str, Any]:
    one = {"emailAddress": "aino@posti.example", "status": "5.1.1", "action": "failed"}
    one["diagnosticCode"] = "smtp; 550 5.1.1 <aino@posti.example>: user unknown"
    told = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [one], "feedbackId": "1", **bounce}
    mail = {"messageId": "0100017", "commonHeaders": {"messageId": called.message_id}, "destination": ["aino@posti.example"]}
    return {"notificationType": "Bounce", "bounce": told, "mail": mail}


def postmark(called: Called, **changes: Any) -> dict[str, Any]:
    told = {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "ID": 42, "MessageID": "883953f4-6105-42a2-a16a"}
    details = "smtp;550 5.1.1 The email account that you tried to reach does not exist"
    more = {"Email": "aino@posti.example", "Details": details, "Metadata": {"palaute": called.token}}
    return {**told, **more, **changes}


def sendgrid(called: Called, **changes: Any) -> list[dict[str, Any]]:
    told = {"email": "aino@posti.example", "timestamp": 1772442005, "smtp-id": called.message_id, "sg_event_id": "Ym91bmNl"}
    return [{**told, "event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 user unknown", **changes}]


SHAPES: dict[str, tuple[Callable[[Called], Any], tuple[str, list[str]]]] = {
    "ours": (plain, ("bounced", ["bounced"])),
    "ours, a list": (lambda c: {"events": [plain(c, event="opened"), plain(c)]}, ("bounced", ["bounced"])),
    "ours, our fault": (lambda c: plain(c, code="5.7.26", words="DMARC"), ("bounced", [])),
    "ours, complaint": (lambda c: plain(c, event="complaint"), ("sent", ["complaint"])),
    "ours, delayed": (lambda c: plain(c, event="delayed"), ("sent", [])),
    "postmark": (postmark, ("bounced", ["bounced"])),
    "postmark, full": (lambda c: postmark(c, Type="SoftBounce", Details="552 5.2.2 mailbox full"), ("bounced", ["soft"])),
    "postmark, spam": (lambda c: postmark(c, Type="SpamNotification", Details="554 5.7.1 spam"), ("bounced", [])),
    "postmark, away": (lambda c: postmark(c, Type="AutoResponder"), ("sent", [])),
    "postmark, delayed": (lambda c: postmark(c, Type="Transient"), ("sent", [])),
    "postmark, complaint": (lambda c: postmark(c, RecordType="SpamComplaint"), ("sent", ["complaint"])),
    "ses over sns": (lambda c: {"Type": "Notification", "Message": json.dumps(ses(c))}, ("bounced", ["bounced"])),
    "ses, raw": (ses, ("bounced", ["bounced"])),
    "ses, away": (
        lambda c: ses(c, bounceType="Transient", bouncedRecipients=[{"emailAddress": "aino@posti.example"}]),
        ("sent", []),
    ),
    "ses, full": (
        lambda c: ses(c, bounceType="Transient", bounceSubType="MailboxFull", bouncedRecipients=[{"status": "5.2.2"}]),
        ("bounced", ["soft"]),
    ),
    "ses, complaint": (lambda c: {**ses(c), "notificationType": "Complaint", "complaint": {}}, ("sent", ["complaint"])),
    "sendgrid": (sendgrid, ("bounced", ["bounced"])),
    "sendgrid, blocked": (lambda c: sendgrid(c, type="blocked", reason="550 blocked using spamhaus", status=""), ("bounced", [])),
    "sendgrid, dropped": (lambda c: sendgrid(c, event="dropped", reason="Bounced Address", status=""), ("bounced", ["bounced"])),
    "sendgrid, deferred": (lambda c: sendgrid(c, event="deferred"), ("sent", [])),
    "sendgrid, spam": (lambda c: sendgrid(c, event="spamreport"), ("sent", ["complaint"])),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_is_understood_and_settled_once(called: Called, shape: str) -> None:
    make, (state, marks) = SHAPES[shape]
    for _ in range(2):
        assert called.post(make(called)).status_code == 204
        seen = called.state()
        assert (seen[0], seen[2]) == (state, marks)


def test_nothing_personal_is_kept_of_what_a_provider_says(called: Called) -> None:
    called.post(ses(called))
    told = str(called.place.world.why("00000001"))
    assert "user unknown" in told
    assert "aino@" not in told


def test_a_report_of_a_mail_that_is_not_ours_is_counted(called: Called) -> None:
    assert called.post(plain(called, message_id="<1@elsewhere.example>")).status_code == 204
    assert called.state() == ("sent", "", [])
    with called.place.world.belt.store.read() as tx:
        assert returned.counted(tx) == {"unknown_message": 1}


def test_a_mail_that_is_being_sent_right_now_is_asked_for_again(called: Called) -> None:
    with called.place.world.belt.store.write() as tx:
        tx.execute(messages.MESSAGE.update().values(state="sending"))
    answer = called.post(plain(called))
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)


def test_a_subscription_of_sns_is_left_for_a_person_to_confirm(called: Called, logs: list[dict[str, Any]]) -> None:
    url = "https://sns.eu-north-1.amazonaws.com/?Action=ConfirmSubscription&Token=1"
    assert called.post({"Type": "SubscriptionConfirmation", "SubscribeURL": url}).status_code == 204
    assert called.post({"Type": "SubscriptionConfirmation", "SubscribeURL": "https://evil.example/"}).status_code == 400
    assert [one["address"] for one in logs if "confirm" in one["event"]] == [url]


@pytest.mark.parametrize("body", [b"", b"[", b"1", b"[1]", b'{"a": 1}', b'{"event": "unheard"}', b"[" * 100_000])
def test_what_has_no_known_shape_is_refused_with_words(called: Called, body: bytes) -> None:
    answer = called.post(body)
    assert answer.status_code == 400
    assert "should" in answer.text


def test_a_flood_is_cut_off(called: Called) -> None:
    assert called.post(b" " * (1024 * 1024 + 1)).status_code == 413
