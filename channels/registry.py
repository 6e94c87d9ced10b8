"""Which channels there are, and how settings become open ones."""

from channels import base, settings
from channels.email import channel as email
from channels.link import channel as link
from channels.sms import channel as sms
from channels.webhook import channel as webhook


def open_channels(given: settings.ChannelsSettings, public_url: str = "") -> dict[str, base.Channel]:
    """A channel for each table under ``[channels]``, by name. Nothing is dialled before the first message.

    ``public_url``: where the pages are from outside, for transports that report there.
    """
    channels: list[base.Channel] = []
    if given.email is not None:
        channels.append(email.EmailChannel(given.email))
    if given.sms is not None:
        channels.append(sms.SmsChannel(given.sms, public_url))
    if given.webhook is not None:
        channels.append(webhook.WebhookChannel(given.webhook))
    if given.link is not None:
        channels.append(link.LinkChannel())
    return {channel.name: channel for channel in channels}
