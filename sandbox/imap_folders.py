"""IMAP's commands on folders (RFC 9051, 6.3 and 6.4.1 to 6.4.3)."""

import re
from collections.abc import Callable, Mapping

from sandbox import imap_box, imap_view, imap_words
from sandbox.imap_words import Word

_FLAGS = r"(\Answered \Flagged \Deleted \Seen \Draft)"


def _select(view: imap_view.View, words: list[Word], *, read_only: bool = False) -> str:
    view.folder = None
    view.folder, view.read_only = _named(view, words[0]), read_only
    view.known = list(view.folder.mails)
    view.say(f"* FLAGS {_FLAGS}")
    view.say(f"* OK [PERMANENTFLAGS {'()' if read_only else _FLAGS[:-1] + ' ' + chr(92) + '*)'}] kept")
    view.say(f"* {len(view.known)} EXISTS")
    view.say("* 0 RECENT")
    view.say(f"* OK [UIDVALIDITY {imap_box.UID_VALIDITY}] valid")
    view.say(f"* OK [UIDNEXT {view.folder.next_uid}] next")
    return f"[READ-{'ONLY' if read_only else 'WRITE'}] opened"


def _examine(view: imap_view.View, words: list[Word]) -> str:
    return _select(view, words, read_only=True)


def _named(view: imap_view.View, word: Word) -> imap_box.Folder:
    folder = None if view.server.faults.take("no_folder") else view.account.find(imap_view.text(word))
    if folder is None:
        raise imap_view.Refused("[NONEXISTENT] there is no such folder")
    return folder


def _create(view: imap_view.View, words: list[Word]) -> str:
    if view.account.find(imap_view.text(words[0])) is not None:
        raise imap_view.Refused("[ALREADYEXISTS] it is there")
    view.account.folders[imap_view.text(words[0])] = imap_box.Folder()
    return ""


def _delete(view: imap_view.View, words: list[Word]) -> str:
    _named(view, words[0])
    if imap_view.text(words[0]).upper() == imap_box.INBOX:
        raise imap_view.Refused("[CANNOT] the INBOX stays")
    del view.account.folders[imap_view.text(words[0])]
    return ""


def _list(view: imap_view.View, words: list[Word]) -> str:
    wanted = re.escape(imap_view.text(words[0]) + imap_view.text(words[1])).replace(r"\*", ".*").replace("%", "[^/]*")
    for name in view.account.folders:
        if re.fullmatch(wanted, name, re.IGNORECASE if name == imap_box.INBOX else 0):
            view.say(f'* LIST (\\HasNoChildren) "/" {imap_words.quoted(name)}')
    return ""


def _status(view: imap_view.View, words: list[Word]) -> str:
    folder, asked = _named(view, words[0]), words[1]
    figures = {
        "MESSAGES": len(folder.mails),
        "RECENT": 0,
        "UNSEEN": sum(not kept.has("\\Seen") for kept in folder.mails),
        "UIDNEXT": folder.next_uid,
        "UIDVALIDITY": imap_box.UID_VALIDITY,
    }
    told = " ".join(
        f"{imap_view.text(one).upper()} {figures[imap_view.text(one).upper()]}"
        for one in asked
        if imap_view.text(one).upper() in figures
    )
    view.say(f"* STATUS {imap_words.quoted(imap_view.text(words[0]))} ({told})")
    return ""


def _append(view: imap_view.View, words: list[Word]) -> str:
    folder = _named(view, words[0])
    flags = next(({imap_view.text(one) for one in word} for word in words[1:-1] if isinstance(word, list)), set())
    raw = imap_view.text(words[-1]).encode("utf-8", "surrogateescape")
    kept = folder.add(raw, view.server.clock.now(), flags)
    return f"[APPENDUID {imap_box.UID_VALIDITY} {kept.uid}] kept"


def _namespace(view: imap_view.View, words: list[Word]) -> str:
    view.say('* NAMESPACE (("" "/")) NIL NIL')
    return ""


def _close(view: imap_view.View, words: list[Word]) -> str:
    if view.folder is not None and not view.read_only:
        view.folder.remove([kept for kept in view.folder.mails if kept.has("\\Deleted")])
    return _unselect(view, words)


def _unselect(view: imap_view.View, words: list[Word]) -> str:
    view.folder, view.known = None, []
    return ""


COMMANDS: Mapping[str, Callable[[imap_view.View, list[Word]], str]] = {
    "SELECT": _select,
    "EXAMINE": _examine,
    "CREATE": _create,
    "DELETE": _delete,
    "LIST": _list,
    "STATUS": _status,
    "APPEND": _append,
    "NAMESPACE": _namespace,
    "CLOSE": _close,
    "UNSELECT": _unselect,
}
"""Name → what it does; the answer is what follows OK."""
