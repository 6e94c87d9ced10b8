"""The webhook channel: posts an invitation to another system, signed, with the same id on every try."""

import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import requests

from channels import address, base, once, phone
from channels.webhook import payload, settings, signing
from triggers import touchpoint
from wire import errors, finding, http

_LARGEST_ANSWER = 64 * 1024
_SIGN_IN = "Give the receiver the secret of [channels.webhook], and look whether its clock is right."
_LATER = frozenset({408, 425, 429})


class WebhookChannel(base.Channel):
    """One receiver. It is told the same id on every try, so an unsure message is simply sent again."""

    name = "webhook"
    repeatable = True

    def __init__(self, given: settings.WebhookSettings) -> None:
        self._settings = given
        self.daily_cap = given.daily_cap
        self._host = urlsplit(given.url).hostname or ""
        seconds = given.timeout.total_seconds()
        network = http.Network(ca=given.ca, proxy=given.proxy, timeout=seconds, largest_answer=_LARGEST_ANSWER)
        self._session = once.Session(network)

    def address(self, person: touchpoint.Recipient) -> str | None:
        """The person's mail address, else their number: the receiver must be able to reach them somehow."""
        return address.normalised(person.email) or phone.normalised(person.phone, person.country)

    def send(self, message: base.Message) -> base.Receipt:
        """Hand the invitation over. Raises Later, Never, NeedsPerson or Unsure."""
        body = payload.body(message, self._settings.facts)
        headers = signing.headers(self._settings.secret.get_secret_value(), self.reference(message.key), int(time.time()), body)
        headers["Content-Type"] = "application/json"
        answer = self._session.post(self._settings.url, data=body, headers=headers)
        if not 200 <= answer.status_code < 300:
            raise self._refusal(answer)
        return base.Receipt(reference=self.reference(message.key), response=f"status {answer.status_code}")

    def reference(self, key: str) -> str:
        """The ``webhook-id`` of the message with this key."""
        return f"msg_{key}"

    def _refusal(self, answer: requests.Response) -> errors.OutsideError:
        status = answer.status_code
        message = f"{self._host} refused the invitation: status {status}"
        if status in (401, 403, 407):
            return errors.NeedsPerson(message, code=str(status), remedy=_SIGN_IN)
        if 400 <= status < 500 and status not in _LATER:
            return base.Unfit(message, code=str(status))
        return errors.Later(message, delay=http.retry_after(answer.headers))

    def check(self) -> Sequence[finding.Finding]:
        """Whether the receiver's host answers; whether it knows our secret shows the first invitation."""
        subject = f"channels.{self.name}: receiver"
        try:
            self._session.head(self._settings.url)
        except errors.OutsideError as error:
            remedy = error.remedy if isinstance(error, errors.NeedsPerson) else f"Check url ({self._host}), and the firewall."
            return [finding.Finding(subject=subject, grade=finding.Grade.WRONG, message=str(error), remedy=remedy)]
        message = f"{self._host} answers; whether it knows our secret shows the first invitation"
        return [finding.Finding(subject=subject, grade=finding.Grade.GOOD, message=message)]

    def close(self) -> None:
        """Give back connections; may be called twice."""
        self._session.close()
