"""Something in the settings that does not fit, with its place. What the checks across sections answer."""

from typing import NamedTuple

from settings import locate


class Found(NamedTuple):
    """Something that does not fit."""

    place: locate.Place
    expected: str
    found: str | None = None
    """What to show of it where that is not simply the value at the place."""
