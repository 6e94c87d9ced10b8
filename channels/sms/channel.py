"""The SMS channel: one short text per invitation, through whichever gateway settings name."""

from collections.abc import Sequence

from channels import base, phone
from channels.sms import alphabet, gateway, hooks, http, memory, render, settings, twilio
from triggers import touchpoint
from wire import finding


class SmsChannel(base.Channel):
    """One gateway and one sender."""

    name = "sms"

    def __init__(self, given: settings.SmsSettings, public_url: str = "") -> None:
        """``public_url``: where the pages are from outside; gateways report there."""
        self._settings = given
        self.gateway = _open(given, f"{public_url}/hooks/sms" if public_url else "")
        self.repeatable = self.gateway.repeatable
        self.daily_cap = given.daily_cap

    def address(self, person: touchpoint.Recipient) -> str | None:
        """The person's mobile number as E.164."""
        number = phone.mobile(person.phone, person.country)
        if number is not None and self._settings.countries and phone.country(number) not in self._settings.countries:
            return None
        return number

    def send(self, message: base.Message) -> base.Receipt:
        """Render the text and hand it over. Raises Later, Never, NeedsPerson or Unsure."""
        text = self.text(message)
        taken = self.gateway.send(message.address, text, message.key)
        return base.Receipt(reference=taken.reference, response=taken.response, parts=alphabet.size(text).parts)

    def text(self, message: base.Message) -> str:
        """The text as it goes out."""
        return render.text(message, stop_by_reply=self._settings.stop_by_reply)

    def parts(self, message: base.Message) -> int | None:
        """Of how many parts the text is made."""
        return alphabet.size(self.text(message)).parts

    def check(self) -> Sequence[finding.Finding]:
        """Reachability and sign-in, without sending."""
        return self.gateway.check()

    def report(self, call: hooks.Call) -> hooks.Word:
        """What a posted delivery report says. Raises ``hooks.NotTheirs``."""
        return self.gateway.report(call)

    def inbound(self, call: hooks.Call) -> hooks.Inbound | None:
        """The text that somebody wrote to us. Raises ``hooks.NotTheirs``."""
        return self.gateway.inbound(call)

    def close(self) -> None:
        """Give back connections; may be called twice."""
        self.gateway.close()


def _open(given: settings.SmsSettings, hook: str) -> gateway.Gateway:
    if isinstance(given, settings.TwilioSettings):
        return twilio.TwilioGateway(given, hook)
    if isinstance(given, settings.MemorySettings):
        return memory.MemoryGateway()
    return http.HttpGateway(given)
