"""Which channels there are, and how settings become open ones."""

from channels import base, settings
from channels.email import channel as email


def open_channels(given: settings.ChannelsSettings) -> dict[str, base.Channel]:
    """A channel for each table under ``[channels]``, by name. Nothing is dialled before the first message."""
    channels: list[base.Channel] = []
    if given.email is not None:
        channels.append(email.EmailChannel(given.email))
    return {channel.name: channel for channel in channels}
