"""What a caller prefers: the ``Prefer`` header, with the annotations that it asks for."""

import fnmatch
import re
from dataclasses import dataclass, field

_PREFERENCE = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*(?:=\s*(?:\"([^\"]*)\"|([^,;]*)))?\s*(?:[,;]|$)")


class Wishes:
    """What ``Prefer: odata.include-annotations`` asks for."""

    def __init__(self, pattern: str = "") -> None:
        self._patterns = [part.strip() for part in pattern.split(",") if part.strip()]

    def wants(self, annotation: str) -> bool:
        """True when this annotation should come along; ``-name`` takes it out."""
        name = annotation.removeprefix("@")
        hit = False
        for pattern in self._patterns:
            if pattern.startswith("-"):
                if fnmatch.fnmatchcase(name, pattern[1:]):
                    return False
            elif fnmatch.fnmatchcase(name, pattern):
                hit = True
        return hit


@dataclass(frozen=True)
class Preferences:
    """The ``Prefer`` header."""

    given: dict[str, str] = field(default_factory=dict)

    @property
    def representation(self) -> bool:
        """``return=representation``."""
        return self.given.get("return") == "representation"

    @property
    def page_size(self) -> int | None:
        """``odata.maxpagesize``."""
        text = self.given.get("odata.maxpagesize", "")
        return int(text) if text.isdigit() and int(text) > 0 else None

    @property
    def annotations(self) -> str:
        """``odata.include-annotations``."""
        return self.given.get("odata.include-annotations", "")

    @property
    def wishes(self) -> Wishes:
        """Which annotations should come along."""
        return Wishes(self.annotations)

    @property
    def track(self) -> bool:
        """``odata.track-changes``."""
        return "odata.track-changes" in self.given

    @property
    def continue_on_error(self) -> bool:
        """``odata.continue-on-error``, with or without a value."""
        return self.given.get("odata.continue-on-error", "false") in ("", "true")

    def applied(self) -> str:
        """What is echoed in ``Preference-Applied``."""
        echoed = []
        if self.page_size:
            echoed.append(f"odata.maxpagesize={self.page_size}")
        if self.annotations:
            echoed.append(f'odata.include-annotations="{self.annotations}"')
        if self.track:
            echoed.append("odata.track-changes")
        if self.representation:
            echoed.append("return=representation")
        return ",".join(echoed)


def read(header: str) -> Preferences:
    """Read a ``Prefer`` header."""
    return Preferences(
        {
            match[1].lower(): match[2] if match[2] is not None else (match[3] or "").strip()
            for match in _PREFERENCE.finditer(header)
        }
    )
