"""The links and words that a message and a page share about one touchpoint."""

from journey import belt as belts
from triggers import touchpoint

_SHORT = frozenset({"sms"})
"""Channels in whose messages every character counts."""


def root(belt: belts.Belt, channel: str) -> str:
    """The address that the links of this channel's messages begin with."""
    return belt.short_url if belt.short_url and channel in _SHORT else belt.public_url


def page(public_url: str, token: str) -> str:
    """The survey page of an invitation."""
    return f"{public_url.rstrip('/')}/s/{token}"


def unsubscribe(public_url: str, token: str) -> str:
    """RFC 8058 one-click address of an invitation."""
    return f"{public_url.rstrip('/')}/u/{token}"


def privacy(public_url: str) -> str:
    """What we keep, for how long, and whom to ask."""
    return f"{public_url.rstrip('/')}/privacy"


def subject(touch: touchpoint.Touchpoint) -> str:
    """What the customer would call it: the case's subject, else the number or name of the record."""
    told = touch.context.get("subject")
    return str(told) if told else touch.label
