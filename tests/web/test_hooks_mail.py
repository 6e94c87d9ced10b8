"""POST /hooks/mail: who may call, what each provider's shape means, and that it is settled once."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from channels.email import channel as email_channel
from channels.email import mime, sns
from channels.email import settings as email_settings
from store import bad_addresses, messages, returned
from tests.channels import amazon as stand_in
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


def channel(server: mail_server.Server, amazon: sns.Amazon | None = None, **bounces: Any) -> email_channel.EmailChannel:
    told = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "Havu <feedback@havu.example>"}
    return email_channel.EmailChannel(email_settings.EmailSettings.model_validate({**told, "bounces": bounces}), amazon)


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


class TestAmazon:
    """Amazon SNS: what it signs counts with our secret, or without it where settings name the topic."""

    @pytest.fixture
    def amazon(self, tmp_path: Path) -> Iterator[stand_in.Amazon]:
        (tmp_path / "amazon").mkdir()
        with stand_in.open_(tmp_path / "amazon") as opened:
            yield opened

    @pytest.fixture(params=["secret", "topic"])
    def called(
        self,
        make_place: Callable[..., conftest.Place],
        server: mail_server.Server,
        amazon: stand_in.Amazon,
        monkeypatch: pytest.MonkeyPatch,
        request: pytest.FixtureRequest,
    ) -> Called:
        monkeypatch.setenv("HOOK", SECRET)
        by_topic = request.param == "topic"
        topics = [stand_in.TOPIC] if by_topic else []
        told: dict[str, Any] = {"sns_topics": topics} if by_topic else {"hook_secret": "env:HOOK"}
        reached = {"email": channel(server, amazon.asks(*topics), **told)}
        self.shown = {} if by_topic else {"Authorization": f"Bearer {SECRET}"}
        return Called(make_place(rules=rule.Rules.model_validate(RULES), channels=reached), server)

    def post(self, called: Called, message: Any, **headers: str) -> requests.Response:
        kind = {"x-amz-sns-message-type": "Notification", "Content-Type": "text/plain; charset=UTF-8"}
        return called.post(message, **{**kind, **self.shown, **headers})

    @pytest.mark.parametrize("version", ["1", "2"])
    def test_a_bounce_is_settled_however_often_it_comes(self, called: Called, amazon: stand_in.Amazon, version: str) -> None:
        message = amazon.notification(ses(called), version)
        assert [self.post(called, message).status_code for _ in range(2)] == [204, 204]
        assert called.state() == ("bounced", "5.1.1", ["bounced"])

    def test_what_was_changed_on_the_way_is_refused_with_words(
        self, called: Called, amazon: stand_in.Amazon, logs: list[dict[str, Any]]
    ) -> None:
        answer = self.post(called, amazon.notification({}, Message=json.dumps(ses(called))))
        assert (answer.status_code, answer.text) == (403, "its signature does not fit\n")
        assert called.state() == ("sent", "", [])
        assert [one["why"] for one in logs if "Amazon" in one["event"]] == ["its signature does not fit"]

    def test_a_subscription_is_confirmed_and_its_token_is_in_no_log(
        self, called: Called, amazon: stand_in.Amazon, logs: list[dict[str, Any]]
    ) -> None:
        assert self.post(called, amazon.confirmation()).status_code == 204
        assert len(amazon.confirmed) == 1
        assert stand_in.TOKEN not in str(logs)
        assert any(stand_in.TOPIC in str(one.get("news")) for one in logs)

    def test_a_subscription_that_cannot_be_confirmed_now_comes_again(self, called: Called, amazon: stand_in.Amazon) -> None:
        self.post(called, amazon.notification({}))
        amazon.status = 500
        assert self.post(called, amazon.confirmation()).status_code == 503
        amazon.status = 200
        called.place.later(minutes=5)
        assert (self.post(called, amazon.confirmation()).status_code, len(amazon.confirmed)) == (204, 1)

    def test_a_certificate_that_cannot_be_had_is_told_and_the_post_comes_again(
        self, called: Called, amazon: stand_in.Amazon, logs: list[dict[str, Any]]
    ) -> None:
        amazon.status = 503
        answers = [self.post(called, amazon.notification(ses(called))) for _ in range(3)]
        assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers] == [(503, "5")] * 3
        assert [one["subject"] for one in logs if one["event"] == "failing"] == ["channels.email.amazon"]
        amazon.status = 200
        called.place.later(minutes=5)
        assert self.post(called, amazon.notification(ses(called))).status_code == 204
        assert called.state()[0] == "bounced"

    def test_without_the_secret_or_the_topic_a_signature_is_not_enough(self, called: Called, amazon: stand_in.Amazon) -> None:
        foreign = amazon.signed(
            {"Type": "Notification", "Message": json.dumps(ses(called)), "TopicArn": stand_in.TOPIC.replace("1", "9")}
        )
        assert self.post(called, foreign, Authorization="Bearer wrong").status_code in (401, 403)
        assert called.state() == ("sent", "", [])

    def test_what_amazon_does_not_sign_needs_the_secret(self, called: Called) -> None:
        for told in (ses(called), plain(called), [ses(called)], {"events": [plain(called)]}):
            answers = [called.post(told, **{"x-amz-sns-message-type": "Notification"}), called.post(told, **{"X-Nothing": "1"})]
            assert [answer.status_code for answer in answers] == [401, 401]
        assert called.state() == ("sent", "", [])

    def test_messages_within_messages_are_not_opened(self, called: Called, amazon: stand_in.Amazon) -> None:
        inner = {"Type": "Notification", "TopicArn": stand_in.TOPIC, "Message": json.dumps(ses(called))}
        for told in ([inner], {"events": [inner]}, inner):
            assert self.post(called, told).status_code in (400, 401, 403)
        assert self.post(called, amazon.notification(inner)).status_code == 400
        assert called.state() == ("sent", "", [])


@pytest.mark.parametrize("event", ["complaint", "delivered", "bounced"])
def test_odd_letters_in_a_code_do_no_harm(called: Called, event: str) -> None:
    odd = "\ud800\x00\x1b[2J" + "x" * 10_000
    assert called.post(plain(called, event=event, code=odd, words=odd)).status_code == 204
    told = str(called.place.world.why("00000001"))
    assert ("x" * 1000 in told, "x1b" in told, "ud800" in told) == (False, False, False)


@pytest.mark.parametrize(
    "body",
    [b"", b"[", b"1", b"[1]", b'{"a": 1}', b'{"event": "unheard"}', b'{"Type": {}}', b'{"Type": "Notification"}', b"[" * 100_000],
)
def test_what_has_no_known_shape_is_refused_with_words(called: Called, body: bytes) -> None:
    answer = called.post(body)
    assert answer.status_code == 400
    assert "should" in answer.text


def test_a_flood_is_cut_off(called: Called) -> None:
    assert called.post(b" " * (1024 * 1024 + 1)).status_code == 413
