"""The gateway that settings describe: one POST per text, its words and codes as ``[channels.sms]`` names them."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests

from channels import report
from channels.sms import gateway, hooks, settings
from wire import errors, finding, http

_SIGN_IN = "Look at token, header, scheme and username in [channels.sms]; the gateway does not know us."
_UNCLEAR = frozenset({500, 502, 504})
"""Whoever answered with these may have handed the text on before it failed."""


class HttpGateway(gateway.Gateway):
    """A gateway that takes one POST per text."""

    def __init__(self, given: settings.HttpSettings) -> None:
        self._settings = given
        self.repeatable = given.drops_repeats
        self._host = urlsplit(given.url).hostname or ""
        self._session = gateway.session(given, keep=self.repeatable)
        token = given.token.get_secret_value() if given.token is not None else ""
        if given.username:
            self._session.auth = (given.username, token)
        elif token:
            self._session.headers[given.header] = f"{given.scheme} {token}".strip()

    def send(self, number: str, text: str, key: str) -> gateway.Taken:
        """Hand the text over, once."""
        given = self._settings
        filled = _filled(given.body, {"to": number, "sender": given.sender, "text": text, "key": key})
        headers = {} if given.idempotency_header is None else {given.idempotency_header: key}
        form = {"json": filled} if given.format == "json" else {"data": filled}
        answer = self._session.post(given.url, headers=headers, **form)
        if not 200 <= answer.status_code < 300:
            raise self._refusal(answer)
        return gateway.Taken(reference=hooks.at(_told(answer), given.id), response=f"status {answer.status_code}")

    def _refusal(self, answer: requests.Response) -> errors.OutsideError:
        status, told = answer.status_code, _told(answer)
        code = hooks.at(told, self._settings.code)
        message = f"{self._host} refused the text: status {status} {code}".strip()
        if status in self._settings.refused or (code and code in self._settings.refused_codes):
            return errors.Never(message, code=code or str(status))
        if status in (401, 403, 407):
            return errors.NeedsPerson(message, code=str(status), remedy=_SIGN_IN)
        if status in _UNCLEAR and not self.repeatable:
            return errors.Unsure(message, code=str(status))
        if status in (408, 425, 429) or status >= 500:
            return errors.Later(message, delay=http.retry_after(answer.headers))
        remedy = "Look at url, format and body in [channels.sms]; the gateway does not understand what we post."
        return errors.NeedsPerson(message, code=code or str(status), remedy=remedy)

    def check(self) -> Sequence[finding.Finding]:
        """A GET where settings name an address for it; else only whether the gateway's host answers at all."""
        return [*self._reached(), *self._hooked()]

    def _reached(self) -> list[finding.Finding]:
        address = self._settings.check or f"{urlsplit(self._settings.url).scheme}://{urlsplit(self._settings.url).netloc}/"
        try:
            status = self._session.get(address).status_code
        except errors.NeedsPerson as error:
            return [gateway.wrong("gateway", str(error), error.remedy)]
        except errors.OutsideError as error:
            remedy = f"Check url ({self._host}), and that a firewall lets this machine through."
            return [gateway.wrong("gateway", str(error), remedy)]
        if self._settings.check is None:
            return [gateway.good("gateway", f"{self._host} answers; whether it knows us shows the first text")]
        if status in (401, 403):
            return [gateway.wrong("sign-in", f"{self._host} does not accept our credentials (status {status})", _SIGN_IN)]
        if not 200 <= status < 300:
            remedy = "Correct check in [channels.sms]: an address that answers our credentials with a status of 2xx."
            return [gateway.wrong("sign-in", f"{self._host} answers with status {status}", remedy)]
        return [gateway.good("sign-in", f"{self._host} accepts our credentials")]

    def _hooked(self) -> list[finding.Finding]:
        if self._settings.hooks is not None:
            return [gateway.good("hooks", "delivery reports and answers are taken from who shows the secret")]
        if self._settings.stop_by_reply:
            message = "customers are told to answer STOP, and without [channels.sms.hooks] nobody hears them"
            remedy = 'Add [channels.sms.hooks] and tell the gateway of /hooks/sms/inbound, or set stop = "link".'
            return [gateway.wrong("hooks", message, remedy)]
        message = "nobody tells whether texts arrive"
        return [gateway.warning("hooks", message, "Add [channels.sms.hooks], if the gateway sends delivery reports.")]

    def report(self, call: hooks.Call) -> hooks.Word:
        """What a posted delivery report says. Raises ``hooks.NotTheirs``."""
        given = self._proven(call)
        status, code = hooks.at(call.values, given.status), hooks.at(call.values, given.code)
        return hooks.Word(
            reference=hooks.at(call.values, given.id),
            fate=_fate(status.casefold(), code, given),
            code=gateway.words(code)[:40],
            words=gateway.words(status)[:40],
        )

    def inbound(self, call: hooks.Call) -> hooks.Inbound | None:
        """The text that somebody wrote; None for what is none. Raises ``hooks.NotTheirs``."""
        given = self._proven(call)
        number = hooks.at(call.values, given.number)
        return hooks.Inbound(number=number, text=hooks.at(call.values, given.text)) if number else None

    def close(self) -> None:
        """Give back connections; may be called twice."""
        self._session.close()

    def _proven(self, call: hooks.Call) -> settings.HookSettings:
        given = self._settings.hooks
        if given is None:
            raise hooks.NotTheirs
        hooks.prove(call, given)
        return given


def _fate(status: str, code: str, given: settings.HookSettings) -> report.Fate | None:
    if status in {one.casefold() for one in given.delivered}:
        return report.Fate.DELIVERED
    if status not in {one.casefold() for one in given.failed}:
        return None
    return report.Fate.REFUSED if code in given.dead else report.Fate.PASSING


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    """The template with its places filled in; what is filled in is never looked at again."""
    if isinstance(template, Mapping):
        return {key: _filled(inner, values) for key, inner in template.items()}
    if isinstance(template, list):
        return [_filled(inner, values) for inner in template]
    if not isinstance(template, str):
        return template
    filled, rest = "", template
    while rest:
        name = next((one for one in values if rest.startswith(f"{{{one}}}")), None)
        filled += values[name] if name else rest[0]
        rest = rest[len(name) + 2 if name else 1 :]
    return filled


def _told(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return {}
