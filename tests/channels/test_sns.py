"""Messages of Amazon SNS: whose they are, and what happens to a subscription. The other end is an https server of the test's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from channels.email import sns
from tests.channels import amazon as stand_in
from wire import errors


@pytest.fixture
def amazon(tmp_path: Path) -> Iterator[stand_in.Amazon]:
    with stand_in.open_(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [{}, {"Subject": "Amazon SES"}])
def test_a_message_that_amazon_signed_is_opened(amazon: stand_in.Amazon, version: str, subject: dict[str, str]) -> None:
    message = amazon.signed({"Type": "Notification", "Message": '{"ä": "é\\n\U0001f600"}', **subject}, version)
    assert amazon.asks().open(message) == sns.Letter(content={"ä": "é\n\U0001f600"})


def test_words_that_are_no_json_hold_nothing(amazon: stand_in.Amazon) -> None:
    assert amazon.asks().open(amazon.notification("Successfully validated SNS topic")) == sns.Letter()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"Message": '{"a": 2}'}, "does not fit"),
        ({"Subject": "added"}, "does not fit"),
        ({"TopicArn": "arn:aws:sns:eu-north-1:999999999999:bounces"}, "does not fit"),
        ({"Timestamp": "2020-01-01T00:00:00.000Z"}, "does not fit"),
        ({"SignatureVersion": "2"}, "does not fit"),
        ({"SignatureVersion": "3"}, "neither 1 nor 2"),
        ({"SignatureVersion": None}, "neither 1 nor 2"),
        ({"Signature": "%%%"}, "not base64"),
        ({"Signature": "é"}, "not base64"),
        ({"Signature": None}, "does not fit"),
        ({"Signature": ""}, "does not fit"),
        ({"MessageId": None}, "no MessageId"),
        ({"Message": {"a": 1}}, "no Message"),
        ({"Message": "\ud800"}, "does not fit"),
        ({"SigningCertURL": "https://evil.example/SimpleNotificationService-f3ecfb72.pem"}, "no address of Amazon"),
        ({"SigningCertURL": None}, "no address of Amazon"),
    ],
)
def test_a_message_that_was_changed_is_refused(amazon: stand_in.Amazon, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(sns.Forged, match=why):
        amazon.asks().open(amazon.notification({"a": 1}, **changes))


def test_a_message_that_somebody_else_signed_is_refused(amazon: stand_in.Amazon) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(sns.Forged, match="does not fit"):
        amazon.asks().open(amazon.signed({"Type": "Notification", "Message": "{}"}, key=other))


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        (stand_in.certificate(days=(-3, -1)), "not valid today"),
        (stand_in.certificate(days=(1, 3)), "not valid today"),
        (stand_in.certificate(ec.generate_private_key(ec.SECP256R1())), "no RSA key"),
        (b"<html>", "no certificate"),
    ],
)
def test_a_certificate_that_is_none_is_refused(amazon: stand_in.Amazon, pem: bytes, why: str) -> None:
    amazon.certificates = dict.fromkeys(amazon.certificates, pem)
    with pytest.raises(sns.Forged, match=why):
        amazon.asks().open(amazon.notification({}))


def test_a_certificate_that_is_not_there_is_refused(amazon: stand_in.Amazon) -> None:
    amazon.certificates = {}
    with pytest.raises(sns.Forged, match="leads to no certificate"):
        amazon.asks().open(amazon.notification({}))


def test_while_amazon_is_down_its_messages_are_asked_for_again(amazon: stand_in.Amazon) -> None:
    asks, amazon.status = amazon.asks(), 503
    with pytest.raises(errors.Later, match="503"):
        asks.open(amazon.notification({}))
    with pytest.raises(errors.Later, match="503"):
        asks.open(amazon.notification({}))
    amazon.status = 200
    assert asks.open(amazon.notification({})).content == {}


def test_a_certificate_is_fetched_once(amazon: stand_in.Amazon) -> None:
    asks = amazon.asks()
    for _ in range(5):
        asks.open(amazon.notification({}))
    assert len(amazon.server.seen) == 1


@pytest.mark.parametrize(
    ("address", "is_amazon"),
    [
        ("sns.eu-north-1.amazonaws.com", True),
        ("sns.us-gov-west-1.amazonaws.com", True),
        ("sns.ap-southeast-12.amazonaws.com", True),
        ("sns.cn-north-1.amazonaws.com.cn", True),
        ("sns.amazonaws.com", False),
        ("sns.eu-north-1.amazonaws.com.evil.example", False),
        ("sns.eu-north-1.amazonaws.com:444", False),
        ("user@sns.eu-north-1.amazonaws.com", False),
        ("sns.s3.amazonaws.com", False),
        ("sns.s3-us-west-2.amazonaws.com", False),
        ("sns.execute-api.eu-north-1.amazonaws.com", False),
        ("evil.sns.eu-north-1.amazonaws.com", False),
        ("snsxeu-north-1.amazonaws.com", False),
        ("SNS.eu-north-1.amazonaws.com\n", False),
        ("127.0.0.1", False),
    ],
)
def test_only_amazon_is_asked(address: str, is_amazon: bool) -> None:
    assert bool(sns.HOSTS.fullmatch(address)) is is_amazon


@pytest.mark.parametrize(
    "path", ["/x.pem", "/SimpleNotificationService-1.pem?x=1", "/SimpleNotificationService-1.pem#x", "/../a", ""]
)
def test_only_a_certificates_path_is_asked_for(amazon: stand_in.Amazon, path: str) -> None:
    with pytest.raises(sns.Forged, match="no address of Amazon"):
        amazon.asks().open(amazon.notification({}, SigningCertURL=amazon.server.url + path))
    assert amazon.server.seen == []


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_no_certificate_is_taken_from_a_line_in_the_clear(amazon: stand_in.Amazon, scheme: str) -> None:
    message = amazon.notification({})
    message["SigningCertURL"] = message["SigningCertURL"].replace("https", scheme)
    with pytest.raises(sns.Forged, match="no address of Amazon"):
        amazon.asks().open(message)


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_subscription_is_confirmed_once_its_message_is_proven(amazon: stand_in.Amazon, version: str) -> None:
    letter = amazon.asks(stand_in.TOPIC).open(amazon.confirmation(version))
    assert [path.rpartition("=")[2] for path in amazon.confirmed] == [stand_in.TOKEN]
    assert stand_in.TOPIC in letter.news
    assert stand_in.TOKEN not in letter.news


def test_a_subscription_that_ended_is_told_and_not_begun_again(amazon: stand_in.Amazon) -> None:
    letter = amazon.asks().open(amazon.confirmation(kind="UnsubscribeConfirmation"))
    assert "ended the subscription" in letter.news
    assert amazon.confirmed == []


@pytest.mark.parametrize(
    "query",
    [
        f"Action=DeleteTopic&TopicArn={stand_in.TOPIC}",
        "Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-north-1:999999999999:theirs&Token=1",
        "",
    ],
)
def test_nothing_but_the_subscription_is_asked_for(amazon: stand_in.Amazon, query: str) -> None:
    with pytest.raises(sns.Forged, match="does not confirm this topic"):
        amazon.asks().open(amazon.confirmation(url=f"{amazon.server.url}/?{query}"))


def test_a_subscription_at_another_house_is_not_confirmed(amazon: stand_in.Amazon) -> None:
    url = f"https://evil.example/?Action=ConfirmSubscription&TopicArn={stand_in.TOPIC}&Token=1"
    with pytest.raises(sns.Forged):
        amazon.asks().open(amazon.confirmation(url=url))


def test_a_topic_of_somebody_elses_is_refused_before_anything_is_asked(amazon: stand_in.Amazon) -> None:
    with pytest.raises(sns.Forged, match="sns_topics"):
        amazon.asks("arn:aws:sns:eu-north-1:123456789012:other").open(amazon.confirmation())
    assert amazon.server.seen == []


@pytest.mark.parametrize("odd", [[], {}, None, 1, True])
@pytest.mark.parametrize(
    "name", ["Type", "TopicArn", "Signature", "SignatureVersion", "SigningCertURL", "SubscribeURL", "Message"]
)
def test_values_of_odd_kinds_are_refused_or_no_message(amazon: stand_in.Amazon, name: str, odd: Any) -> None:
    message = amazon.confirmation() | {name: odd}
    if sns.is_message(message):
        with pytest.raises(sns.Forged):
            amazon.asks().open(message)
