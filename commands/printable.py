"""What customers wrote, on a terminal: shown, and not obeyed. Called by the commands that print it."""

import unicodedata

_INDENT = "\n      "


def shown(line: str) -> str:
    """The line without what moves a cursor, colours, or turns the writing round; further lines in it are indented.

    Control characters (category Cc) and marks of direction and of other formats (Cf) become ``�``, but for the joiners that
    emoji and some scripts are written with.
    """
    return "".join(_mark(mark) for mark in line.replace("\r\n", "\n").replace("\t", " "))


def _mark(mark: str) -> str:
    if mark == "\n":
        return _INDENT
    odd = mark not in "\u200c\u200d" and unicodedata.category(mark) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return "\ufffd" if odd else mark
