"""Amazon SNS: whether a message is Amazon's, of a topic of ours, and what is in it. Called by channel.py with what was posted.

As documented under "Verifying the signatures of Amazon SNS messages" (docs.aws.amazon.com/sns): the certificate comes from an
address of SNS itself, over https; SignatureVersion 1 is SHA1 with RSA, 2 is SHA256 with RSA. Anybody with an account there can
have SNS sign messages of topics of their own, so a signature alone proves nothing: our secret beside it does, or a topic that
settings name.
"""

import base64
import binascii
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography import exceptions, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from wire import errors, http

HEADER = "x-amz-sns-message-type"
"""Every post of SNS has it."""
HOSTS = re.compile(r"sns\.[a-z]{2}(?:-[a-z]+){1,3}-[0-9]{1,2}\.amazonaws\.com(?:\.cn)?")
"""SNS in a region: ``sns.eu-north-1.amazonaws.com``. A region's name, not any word: ``sns.s3-us-west-2.amazonaws.com`` is a
bucket of S3, whose owner may put there what they like."""
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem")
NOTIFICATION, CONFIRM, ENDED = "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRM: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ENDED: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
"""Type → what is signed, in this order; ``Subject`` where there is one."""
_HASHES: Mapping[str, type[hashes.SHA1 | hashes.SHA256]] = {"1": hashes.SHA1, "2": hashes.SHA256}
_MOST_CERTIFICATES = 16
_LARGEST_ANSWER = 64 * 1024
_PATIENCE = 5.0
"""Seconds for a call to SNS, which itself waits 15 for us."""
Posted = Mapping[str, Any]


class Forged(Exception):
    """It is not Amazon's, or not of a topic of ours; the message says why, and is fit for a log."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a message held."""

    content: Any = None
    """The JSON in it; None where there is none, or nothing to settle."""
    news: str = ""
    """What whoever runs this should hear of."""


def is_message(posted: Any) -> bool:
    """Whether it has the shape of what SNS posts."""
    if not isinstance(posted, dict) or not all(isinstance(posted.get(name), str) for name in ("Type", "TopicArn")):
        return False
    return posted["Type"] in _SIGNED


def canonical(message: Posted) -> bytes:
    """What is signed: names and values, each on a line. Raises Forged where one is missing."""
    wanted = [name for name in _SIGNED[message["Type"]] if name != "Subject" or message.get("Subject") is not None]
    missing = [name for name in wanted if not isinstance(message.get(name), str)]
    if missing:
        raise Forged(f"the message has no {missing[0]}")
    return "".join(f"{name}\n{message[name]}\n" for name in wanted).encode("utf-8", "surrogatepass")


def network(proxy: str | None = None) -> http.Network:
    """The way to SNS."""
    return http.Network(proxy=proxy, timeout=_PATIENCE, largest_answer=_LARGEST_ANSWER)


class Amazon:
    """SNS, as far as it is asked: for certificates, which are kept, and to confirm subscriptions. For several threads."""

    def __init__(self, topics: Sequence[str] = (), *, given: http.Network | None = None, hosts: re.Pattern[str] = HOSTS) -> None:
        """``topics``: the only ones that are heard; none named: all. ``hosts``: where SNS is, with a port where it has one."""
        self._topics, self._hosts = frozenset(topics), hosts
        self._session = http.Session(given or network())
        self._certificates: OrderedDict[str, x509.Certificate] = OrderedDict()
        self._lock = threading.Lock()
        self._fetching = threading.Lock()

    def open(self, message: Posted) -> Letter:
        """Prove the message and tell what is in it; a subscription is confirmed.

        Raises Forged, and Later or NeedsPerson where SNS cannot be asked.
        """
        if self._topics and message["TopicArn"] not in self._topics:
            raise Forged("its topic is not among sns_topics of channels.email.bounces")
        self._prove(message)
        if message["Type"] == CONFIRM:
            return self._confirm(message)
        if message["Type"] == ENDED:
            return Letter(news=f"Amazon SNS ended the subscription of {message['TopicArn']}: it reports nothing any more")
        try:
            return Letter(content=json.loads(message["Message"]))
        except (ValueError, RecursionError):
            return Letter()  # its own words to a new subscriber

    def close(self) -> None:
        """Give back connections."""
        self._session.close()

    def _prove(self, message: Posted) -> None:
        algorithm = _HASHES.get(version) if isinstance(version := message.get("SignatureVersion"), str) else None
        if algorithm is None:
            raise Forged("its SignatureVersion is neither 1 nor 2")
        signed = canonical(message)
        try:
            signature = base64.b64decode(str(message.get("Signature")), validate=True)
        except (binascii.Error, ValueError):
            raise Forged("its Signature is not base64") from None
        key = self._certificate(message.get("SigningCertURL")).public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise Forged("its certificate holds no RSA key")
        try:
            key.verify(signature, signed, padding.PKCS1v15(), algorithm())
        except exceptions.InvalidSignature:
            raise Forged("its signature does not fit") from None

    def _certificate(self, address: Any) -> x509.Certificate:
        where = self._own(address)
        if where is None or not _CERTIFICATE.fullmatch(where) or urlsplit(str(address)).query:
            raise Forged("its SigningCertURL is no address of Amazon SNS")
        found = self._kept(str(address)) or self._fetch(str(address))
        if not found.not_valid_before_utc <= datetime.now(UTC) <= found.not_valid_after_utc:
            raise Forged("its certificate is not valid today")
        return found

    def _kept(self, address: str) -> x509.Certificate | None:
        with self._lock:
            return self._certificates.get(address)

    def _fetch(self, address: str) -> x509.Certificate:
        """One at a time, however many messages wait for it."""
        if not self._fetching.acquire(timeout=_PATIENCE):
            raise errors.Later("certificates of Amazon SNS are being fetched")
        try:
            found = self._kept(address) or _read(self._session.get(address))
        finally:
            self._fetching.release()
        with self._lock:
            self._certificates[address] = found
            while len(self._certificates) > _MOST_CERTIFICATES:
                self._certificates.popitem(last=False)
        return found

    def _confirm(self, message: Posted) -> Letter:
        """Open the address with the one-time token, which nobody else gets to see."""
        address = message["SubscribeURL"]
        asked = parse_qs(urlsplit(address).query)
        if (
            self._own(address) != "/"
            or asked.get("Action") != ["ConfirmSubscription"]
            or asked.get("TopicArn") != [message["TopicArn"]]
        ):
            raise Forged("its SubscribeURL does not confirm this topic at Amazon SNS")
        answer = self._session.get(address)
        if answer.status_code != 200:
            raise errors.Later(f"Amazon SNS does not confirm the subscription: status {answer.status_code}")
        return Letter(news=f"the subscription of {message['TopicArn']} at Amazon SNS is confirmed")

    def _own(self, address: Any) -> str | None:
        """The path of an address at SNS; None for any other address."""
        try:
            parts = urlsplit(address) if isinstance(address, str) and address.isascii() and address.isprintable() else None
        except ValueError:
            return None
        if parts is None or parts.scheme != "https" or not self._hosts.fullmatch(parts.netloc) or parts.fragment:
            return None
        return parts.path


def _read(answer: requests.Response) -> x509.Certificate:
    if answer.status_code != 200 and (answer.status_code >= 500 or answer.status_code == 429):
        raise errors.Later(f"Amazon SNS does not show its certificate: status {answer.status_code}")
    try:
        return x509.load_pem_x509_certificate(answer.content)
    except ValueError:
        raise Forged("its SigningCertURL leads to no certificate") from None
