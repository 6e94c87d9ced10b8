"""Twilio's Programmable Messaging: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource.

It takes no idempotency key, so an unsure text is not sent again by itself; its delivery report carries our key and settles it.
Error codes: https://www.twilio.com/docs/api/errors.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from channels import base, report
from channels.sms import gateway, hooks, settings
from wire import errors, finding, http

_DEAD = frozenset({"21211", "21214", "21217", "21614", "21635", "30005", "30006", "30011"})
"""No such number, or none that takes texts: 21211 and 21217 invalid, 21214 not reachable, 21614 not mobile, 21635 landline,
30005 unknown handset, 30006 landline or unreachable carrier."""
_SAID_STOP = "21610"
_UNFIT = frozenset({"21408", "21612", "21617", "21265", "21266"})
"""This one text cannot go, and the number is not to blame: 21408 its country is not enabled, 21612 no route to it, 21617 too
long, 21265 a short code, 21266 the sender itself."""
_OURS = frozenset({"30002", "30007", "30024", "30032", "30034"})
"""The account or the sender is not in order: 30002 suspended, 30007 filtered, the others not registered with the carriers."""
_BUSY = frozenset({"20429", "30001", "63038"})
_SIGN_IN = "Look at account_sid and auth_token (or api_key and api_secret) in [channels.sms], and at the account's state."
_SETTINGS = "Look the code up under twilio.com/docs/api/errors; sender or messaging_service in [channels.sms] may be the reason."
KEY = "key"
"""In the query of the address for reports: our own key of the text."""


class TwilioGateway(gateway.Gateway):
    """One Twilio account."""

    repeatable = False

    def __init__(self, given: settings.TwilioSettings, hook: str) -> None:
        """``hook``: the public address of ``/hooks/sms``; empty where the pages have none."""
        self._settings = given
        self._hook = hook if given.reports else ""
        self._account = f"{given.url}/2010-04-01/Accounts/{given.account_sid}"
        self._session = gateway.session(given, keep=False)
        self._session.auth = (
            (given.api_key, given.api_secret.get_secret_value())
            if given.api_key is not None and given.api_secret is not None
            else (given.account_sid, given.auth_token.get_secret_value())
        )

    def send(self, number: str, text: str, key: str) -> gateway.Taken:
        """Hand the text over, once."""
        service = self._settings.messaging_service
        form = {"To": number, "Body": text}
        form |= {"MessagingServiceSid": service} if service else {"From": self._settings.sender}
        if self._hook:
            form["StatusCallback"] = f"{self._hook}/status?{KEY}={key}"
        answer = self._session.post(f"{self._account}/Messages.json", data=form)
        told = _told(answer)
        if answer.status_code not in (200, 201):
            raise _refusal(answer, told)
        return gateway.Taken(reference=hooks.at(told, "sid"), response=gateway.words(hooks.at(told, "status")))

    def check(self) -> Sequence[finding.Finding]:
        """Reads the account, which costs nothing; an API key may be made so that it must not, which Twilio says with 401 too."""
        try:
            answer = self._session.get(f"{self._account}.json")
        except errors.NeedsPerson as error:
            return [gateway.wrong("gateway", str(error), error.remedy)]
        except errors.OutsideError as error:
            return [gateway.wrong("gateway", str(error), "Check that a firewall lets this machine through to Twilio.")]
        if answer.status_code != 200:
            return [gateway.wrong("sign-in", f"Twilio does not accept our credentials (status {answer.status_code})", _SIGN_IN)]
        state = hooks.at(_told(answer), "status") or "active"
        if state != "active":
            return [gateway.wrong("account", f"the account is {state}", "Look at the account in Twilio's console.")]
        return [gateway.good("sign-in", "Twilio accepts our credentials, and the account is active"), *self._reachable()]

    def _reachable(self) -> list[finding.Finding]:
        if not self._hook or urlsplit(self._hook).scheme == "https":
            return []
        remedy = "Put the pages behind https, or set reports = false; texts go out either way."
        return [gateway.warning("hooks", "delivery reports come in the clear, if Twilio can reach the pages at all", remedy)]

    def report(self, call: hooks.Call) -> hooks.Word:
        """What a status callback says. Raises ``hooks.NotTheirs``."""
        self._prove(call)
        status, code = hooks.at(call.values, "MessageStatus"), hooks.at(call.values, "ErrorCode")
        return hooks.Word(
            reference=hooks.at(call.values, "MessageSid"),
            key=hooks.at(parse_qs(urlsplit(call.url).query), f"{KEY}.0"),
            fate=_fate(status, code),
            code=gateway.words(code)[:40],
            words=gateway.words(status)[:40],
        )

    def inbound(self, call: hooks.Call) -> hooks.Inbound | None:
        """The text that somebody wrote; None for what is none. Raises ``hooks.NotTheirs``."""
        self._prove(call)
        number = hooks.at(call.values, "From")
        return hooks.Inbound(number=number, text=hooks.at(call.values, "Body")) if number else None

    def close(self) -> None:
        """Give back connections; may be called twice."""
        self._session.close()

    def _prove(self, call: hooks.Call) -> None:
        """https://www.twilio.com/docs/usage/security#validating-requests"""
        expected = signature(self._settings.auth_token.get_secret_value(), call.url, call.form)
        if not hmac.compare_digest(call.headers.get("x-twilio-signature", "").encode(), expected):
            raise hooks.NotTheirs


def signature(token: str, url: str, form: Sequence[tuple[str, str]]) -> bytes:
    """``X-Twilio-Signature``: base64 of HMAC-SHA1 over the address and the form's names and values in the order of the names."""
    signed = url + "".join(f"{name}{value}" for name, value in sorted(set(form)))
    return b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest())


def _fate(status: str, code: str) -> report.Fate | None:
    """https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks"""
    if status in ("delivered", "read"):
        return report.Fate.DELIVERED
    if status not in ("undelivered", "failed"):
        return None
    if code in _OURS:
        return report.Fate.OURS
    return report.Fate.REFUSED if code in _DEAD or code == _SAID_STOP else report.Fate.PASSING


def _refusal(answer: requests.Response, told: Mapping[str, Any]) -> errors.OutsideError:
    status, code = answer.status_code, hooks.at(told, "code")
    message = f"Twilio refused the text: status {status} {code} {gateway.words(hooks.at(told, 'message'))}".strip()
    if code == _SAID_STOP:
        return base.SaidNo(message, code=code)
    if code in _DEAD:
        return errors.Never(message, code=code)
    if code in _UNFIT:
        return base.Unfit(message, code=code)
    if status in (401, 403) or code.startswith("20003"):
        return errors.NeedsPerson(message, code=code or str(status), remedy=_SIGN_IN)
    if status in (429, 503) or code in _BUSY:
        return errors.Later(message, delay=http.retry_after(answer.headers))
    if status >= 500:
        return errors.Unsure(message, code=code or str(status))
    return errors.NeedsPerson(message, code=code or str(status), remedy=_SETTINGS)


def _told(answer: requests.Response) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
