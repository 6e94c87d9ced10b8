"""Amazon SNS as receivers see it: messages that it signs, and the place where its certificates are.

Written from docs.aws.amazon.com/sns, "Verifying the signatures of Amazon SNS messages" and "HTTP/HTTPS notification JSON format".
"""

import base64
import http.server
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from channels.email import sns
from tests.wire import rogue
from wire import http as wire_http

TOPIC = "arn:aws:sns:eu-north-1:123456789012:bounces"
TOKEN = "2336412f37fb687f5d51e6e2425e90ca"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: Any = KEY, *, days: tuple[int, int] = (-1, 1)) -> bytes:
    """A certificate in PEM form, valid from the first day to the second, counted from now."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Amazon:
    """SNS: a server with certificates, at which subscriptions are confirmed."""

    def __init__(self, server: rogue.Rogue) -> None:
        self.server = server
        server.handle = self._answer
        self.certificates = {"/SimpleNotificationService-f3ecfb72.pem": certificate()}
        self.status = 200
        self.confirmed: list[str] = []

    def asks(self, *topics: str) -> sns.Amazon:
        """What our program asks, of this server only."""
        hosts = re.compile(re.escape(self.server.url.removeprefix("https://")))
        return sns.Amazon(topics, given=wire_http.Network(ca=self.server.ca, timeout=5), hosts=hosts)

    def notification(self, content: Any, version: str = "1", **changes: Any) -> dict[str, Any]:
        """A notification of the topic, signed before ``changes`` are made."""
        told = content if isinstance(content, str) else json.dumps(content)
        return self.signed({"Type": "Notification", "Message": told}, version) | changes

    def confirmation(self, version: str = "1", *, kind: str = "SubscriptionConfirmation", url: str = "") -> dict[str, Any]:
        """What a new subscriber gets."""
        url = url or f"{self.server.url}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={TOKEN}"
        told = {"Type": kind, "Message": "You have chosen to subscribe.", "Token": TOKEN, "SubscribeURL": url}
        return self.signed(told, version)

    def signed(self, told: dict[str, Any], version: str = "1", key: Any = KEY) -> dict[str, Any]:
        """With everything that SNS adds, and its signature."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        whole = {"MessageId": str(uuid.uuid4()), "TopicArn": TOPIC, "Timestamp": stamp, **told}
        text = "".join(f"{name}\n{whole[name]}\n" for name in sorted(whole))
        algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
        signature = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), algorithm)).decode()
        address = f"{self.server.url}/SimpleNotificationService-f3ecfb72.pem"
        return whole | {"SignatureVersion": version, "Signature": signature, "SigningCertURL": address}

    def _answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        if handler.path.startswith("/?Action=ConfirmSubscription") and self.status == 200:
            self.confirmed.append(handler.path)
            rogue.answer(200, b"<ConfirmSubscriptionResponse/>", "text/xml")(handler)
        elif handler.path in self.certificates and self.status == 200:
            rogue.answer(200, self.certificates[handler.path], "application/x-pem-file")(handler)
        else:
            rogue.answer(404 if self.status == 200 else self.status, b"no")(handler)


@contextmanager
def open_(folder: Path) -> Iterator[Amazon]:
    """The server, listening."""
    with rogue.serving(folder) as server:
        yield Amazon(server)
