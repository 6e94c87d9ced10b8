"""IMAP's commands on the mails of an opened folder (RFC 9051, 6.4; RFC 4315 for UIDs in EXPUNGE, RFC 6851 for MOVE)."""

import re
from collections.abc import Callable, Mapping

from sandbox import imap_box, imap_look, imap_view, imap_words
from sandbox.imap_words import Word, Wrong


def _uid(view: imap_view.View, words: list[Word]) -> str:
    name = imap_view.text(words[0]).upper()
    if name == "EXPUNGE":
        return _expunge(view, [], only=imap_words.numbers(imap_view.text(words[1]), _largest(view, by_uid=True)))
    commands: dict[str, Callable[..., str]] = {
        "FETCH": _fetch,
        "STORE": _store,
        "SEARCH": _search,
        "COPY": _copy,
        "MOVE": _move,
    }
    if name not in commands:
        raise Wrong(f"UID {name[:20]} is not known")
    return commands[name](view, words[1:], by_uid=True)


def _largest(view: imap_view.View, *, by_uid: bool) -> int:
    return (view.known[-1].uid if view.known else 0) if by_uid else len(view.known)


def _chosen(view: imap_view.View, word: Word, *, by_uid: bool) -> list[tuple[int, imap_box.Kept]]:
    """Number and mail of each in the set. A UID that is not there is passed over, a number that is not there is wrong."""
    ranges = imap_words.numbers(imap_view.text(word), _largest(view, by_uid=by_uid))
    if not by_uid and any(high > len(view.known) or low < 1 for low, high in ranges):
        raise Wrong("there is no mail with that number")
    numbered = list(enumerate(view.known, start=1))
    return [(n, kept) for n, kept in numbered if imap_words.within(kept.uid if by_uid else n, ranges)]


def _fetch(view: imap_view.View, words: list[Word], *, by_uid: bool = False) -> str:
    wanted = imap_look.items(words[1])
    if by_uid and "UID" not in (one.upper() for one in wanted):
        wanted = ["UID", *wanted]
    if any(re.match(r"(?i)BODYSTRUCTURE$|BODY$|FULL$|BODY(\.PEEK)?\[\d", one) for one in wanted):
        raise imap_view.Refused("[CANNOT] parts of a mail are not told here")
    for number, kept in _chosen(view, words[0], by_uid=by_uid):
        asked = wanted
        if imap_look.marks_as_seen(wanted) and not view.read_only and not kept.has("\\Seen"):
            kept.flags.add("\\Seen")
            asked = wanted if "FLAGS" in wanted else [*wanted, "FLAGS"]
        view.say(b"* %d FETCH (" % number + imap_look.fetched(kept, asked) + b")")
    return ""


def _store(view: imap_view.View, words: list[Word], *, by_uid: bool = False) -> str:
    if view.read_only:
        raise imap_view.Refused("[READ-ONLY] the folder was opened for reading")
    how, given = imap_view.text(words[1]).upper(), words[2] if isinstance(words[2], list) else words[2:]
    flags = {imap_view.text(one) for one in given}
    for number, kept in _chosen(view, words[0], by_uid=by_uid):
        if how.startswith("+"):
            kept.flags |= flags
        elif how.startswith("-"):
            kept.flags -= flags
        else:
            kept.flags = set(flags)
        if not how.endswith(".SILENT"):
            wanted = ["UID", "FLAGS"] if by_uid else ["FLAGS"]
            view.say(b"* %d FETCH (" % number + imap_look.fetched(kept, wanted) + b")")
    return ""


def _search(view: imap_view.View, words: list[Word], *, by_uid: bool = False) -> str:
    search = imap_look.Search(words, (len(view.known), _largest(view, by_uid=True)))
    found = [kept.uid if by_uid else n for n, kept in enumerate(view.known, start=1) if search.finds(n, kept)]
    view.say(" ".join(["* SEARCH", *map(str, found)]))
    return ""


def _copy(view: imap_view.View, words: list[Word], *, by_uid: bool = False) -> str:
    target = view.account.find(imap_view.text(words[1]))
    if target is None:
        raise imap_view.Refused("[TRYCREATE] there is no such folder")
    chosen = [kept for _, kept in _chosen(view, words[0], by_uid=by_uid)]
    copies = [target.add(kept.raw, kept.at, kept.flags) for kept in chosen]
    if not copies:
        return ""
    return f"[COPYUID {imap_box.UID_VALIDITY} {_uids(chosen)} {_uids(copies)}] copied"


def _move(view: imap_view.View, words: list[Word], *, by_uid: bool = False) -> str:
    done = _copy(view, words, by_uid=by_uid)
    assert view.folder is not None
    view.folder.remove([kept for _, kept in _chosen(view, words[0], by_uid=by_uid)])
    view.say(f"* OK {done or 'nothing to move'}")
    return ""


def _expunge(view: imap_view.View, words: list[Word], only: list[tuple[int, int]] | None = None) -> str:
    if view.read_only:
        raise imap_view.Refused("[READ-ONLY] the folder was opened for reading")
    assert view.folder is not None
    gone = [kept for kept in view.folder.mails if kept.has("\\Deleted")]
    view.folder.remove([kept for kept in gone if only is None or imap_words.within(kept.uid, only)])
    return ""


def _nothing(view: imap_view.View, words: list[Word]) -> str:
    return ""


def _id(view: imap_view.View, words: list[Word]) -> str:
    view.say('* ID ("name" "palaute sandbox")')
    return ""


def _uids(mails: list[imap_box.Kept]) -> str:
    return ",".join(str(kept.uid) for kept in mails)


COMMANDS: Mapping[str, Callable[[imap_view.View, list[Word]], str]] = {
    "EXPUNGE": _expunge,
    "SEARCH": _search,
    "FETCH": _fetch,
    "STORE": _store,
    "COPY": _copy,
    "MOVE": _move,
    "UID": _uid,
    "CHECK": _nothing,
    "NOOP": _nothing,
    "SUBSCRIBE": _nothing,
    "UNSUBSCRIBE": _nothing,
    "ID": _id,
}
"""Name → what it does; the answer is what follows OK."""
