"""The links and words that a message and a page share about one touchpoint."""

from triggers import touchpoint


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
