"""What the pages have just shown, so that the post that follows needs no look into the database.

Kept in memory, of the last so many links, with nothing personal in it. Called by the pages: whoever shows a form remembers its
link, and a post whose link is not remembered (another process showed it, or it is long ago) goes the way that asks the database.
"""

import threading
from collections import OrderedDict
from typing import NamedTuple

_MOST = 20_000


class Link(NamedTuple):
    """What never changes about an invitation and decides how its form is read."""

    survey: str
    language: str


class Recent:
    """The links of the forms that were shown last; safe to use from several threads."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._links: OrderedDict[str, Link] = OrderedDict()
        self._door = threading.Lock()

    def remember(self, token: str, link: Link) -> None:
        """A form of this link is about to be shown."""
        with self._door:
            self._links[token] = link
            self._links.move_to_end(token)
            if len(self._links) > self._most:
                self._links.popitem(last=False)

    def get(self, token: str) -> Link | None:
        """What is known of this link; None when that must be looked up."""
        return self._links.get(token)
