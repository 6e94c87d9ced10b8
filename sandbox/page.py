"""Reads mails and pages as a browser does: the links, the form with its scale, and whether the page says thank you."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
THANKS = ("thank", "kiitos", "tack")
"""A word of thanks in the languages of the customers."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """One named form control."""

    name: str
    type: str
    """``radio``, ``checkbox``, ``hidden``, ``textarea``, ``submit``, ``text`` …"""
    value: str
    checked: bool = False
    unseen: bool = False
    """Off the screen or out of reach for a person: a decoy that is left as it is."""


@dataclass(kw_only=True)
class Form:
    """One form of a page."""

    action: str
    method: str
    controls: list[Control] = field(default_factory=list)

    def scale(self) -> list[str]:
        """The values of the radio buttons, empty when the form has none."""
        name = self._scale_name()
        return [control.value for control in self.controls if control.type == "radio" and control.name == name]

    def chosen(self) -> str | None:
        """The value that is chosen already."""
        name = self._scale_name()
        return next((one.value for one in self.controls if one.type == "radio" and one.name == name and one.checked), None)

    def filled(self, value: str, comment: str) -> list[tuple[str, str]]:
        """What a browser posts once a person has chosen ``value`` and written ``comment`` (line breaks as CRLF)."""
        scale, box = self._scale_name(), self._comment_name()
        posted: list[tuple[str, str]] = []
        for control in self.controls:
            if control.type == "radio" and control.name == scale:
                if control.value == value:
                    posted.append((scale, value))
            elif control.name == box:
                posted.append((box, comment.replace("\n", "\r\n")))
            elif control.type not in {"radio", "checkbox", "button", "reset", "image", "file"} or control.checked:
                posted.append((control.name, control.value))
        return posted

    def _scale_name(self) -> str:
        names = [control.name for control in self.controls if control.type == "radio"]
        return max(names, key=names.count, default="")

    def _comment_name(self) -> str:
        return next((one.name for one in self.controls if one.type == "textarea" and not one.unseen), "")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a person sees of a document."""

    links: tuple[str, ...]
    """Absolute addresses, in order, http and https only."""
    forms: tuple[Form, ...]
    text: str
    """All visible text."""

    def survey(self) -> Form | None:
        """The form with a scale, when there is one."""
        return next((form for form in self.forms if form.method == "post" and form.scale()), None)

    def thanks(self) -> bool:
        """True when the page thanks and asks nothing more."""
        return self.survey() is None and any(word in self.text.casefold() for word in THANKS)


def read(html: str, address: str = "") -> Page:
    """Parse a document that came from ``address``."""
    reader = _Reader(address)
    reader.feed(html)
    reader.close()
    return Page(links=tuple(dict.fromkeys(reader.links)), forms=tuple(reader.forms), text="".join(reader.texts))


def value_of(link: str) -> str | None:
    """The value that a tap on this link stands for (``?v=7``)."""
    return parse_qs(urlsplit(link).query).get("v", [None])[0]


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.texts: list[str] = []
        self._address = address
        self._open: list[tuple[str, bool]] = []
        self._form: Form | None = None
        self._textarea: tuple[str, bool, list[str]] | None = None

    @property
    def _unseen(self) -> bool:
        return any(unseen for _, unseen in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        unseen = "hidden" in given or given.get("aria-hidden") == "true" or given.get("tabindex") == "-1"
        if tag == "base" and given.get("href"):
            self._address = urljoin(self._address, given["href"])
        if tag == "a" and urljoin(self._address, given.get("href", "")).startswith(("http://", "https://")):
            self.links.append(urljoin(self._address, given["href"])) if "href" in given else None
        if tag == "form":
            self._form = Form(action=urljoin(self._address, given.get("action", "")), method=given.get("method", "get").lower())
            self.forms.append(self._form)
        if tag in {"input", "button", "textarea"} and self._form is not None and given.get("name") and "disabled" not in given:
            self._control(tag, given, unseen or self._unseen)
        if tag not in VOID:
            self._open.append((tag, unseen))

    def _control(self, tag: str, given: dict[str, str], unseen: bool) -> None:
        if tag == "textarea":
            self._textarea = (given["name"], unseen, [])
            return
        kind = given.get("type", "submit" if tag == "button" else "text").lower()
        value = given.get("value", "on" if kind in {"radio", "checkbox"} else "")
        control = Control(name=given["name"], type=kind, value=value, checked="checked" in given, unseen=unseen)
        assert self._form is not None
        self._form.controls.append(control)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._textarea is not None and self._form is not None:
            name, unseen, parts = self._textarea
            self._form.controls.append(Control(name=name, type="textarea", value="".join(parts), unseen=unseen))
            self._textarea = None
        if tag == "form":
            self._form = None
        if any(opened == tag for opened, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea[2].append(data)
        elif not any(tag in {"style", "script", "title"} for tag, _ in self._open):
            self.texts.append(data)
