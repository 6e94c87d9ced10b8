"""Forms that nobody has filled in yet, rendered once: they differ from person to person in a few words only.

Called by the page that shows a form to whoever comes by a personal link. Filling in a template takes more of the processor than
all the rest of such a page, and it says the same to everybody who is asked the same in the same language.
"""

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping

import markupsafe

_MOST = 200
"""Forms that are kept: a few surveys in a few languages, with each value that can be tapped in a mail; about 10 kB each."""


class Blanks:
    """The forms that were asked for last; safe to use from several threads."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._mark = secrets.token_hex(12)
        """What no text in settings and nobody's words can contain."""
        self._kept: OrderedDict[Hashable, list[str]] = OrderedDict()
        self._door = threading.Lock()

    def page(self, key: Hashable, own: Mapping[str, str], render: Callable[[Mapping[str, str]], str]) -> str:
        """What ``render(own)`` gives. ``own``: what differs between two pages of this key, as plain text; the template must show
        it as it is, escaped, and decide nothing by it."""
        with self._door:
            pieces = self._kept.get(key)
            if pieces is not None:
                self._kept.move_to_end(key)
        if pieces is None:
            marked = {name: f"{self._mark}{name}-" for name in own}
            pieces = re.split(f"{self._mark}([a-z]+)-", render(marked))
            with self._door:
                self._kept[key] = pieces
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        escaped = {name: str(markupsafe.escape(value)) for name, value in own.items()}
        return "".join([escaped[piece] if place % 2 else piece for place, piece in enumerate(pieces)])

    def __len__(self) -> int:
        return len(self._kept)
