"""Whose fault a refusal of mail is, by its codes: one table for the conversation with the server and for returned mails.

Enhanced codes: RFC 3463, RFC 7505, IANA's registry of them, and Exchange's and Google's own. Plain codes: RFC 5321, 4.2.1.
"""

import enum
import re
from collections.abc import Mapping

_OURS = frozenset({500, 502, 503, 504, 523, 524, 530, 534, 535, 538, 555})
"""5yz codes that speak of the conversation or the sign-in (RFC 5321, RFC 4954), not of this one message."""
_BLOCK = re.compile(
    r"\b(?:black|block|deny)[ -]?list|\bblocked\b|\bspamhaus\b|\bbarracuda|\bsorbs\b|\breputation\b|\bdmarc\b|\bdkim\b|\bspf\b"
    r"|\bptr record\b|\breverse dns\b|\bspam(?:my|ming)?\b|\bunsolicited\b|\brelay(?:ing)? (?:access )?(?:denied|not)",
    re.IGNORECASE,
)
"""What servers say when they refuse a sender and give no code that tells so."""


class Fault(enum.StrEnum):
    """Whose it is, which tells what to do about it."""

    ADDRESS = "address"
    """Nothing arrives there: no such mailbox, domain or service."""
    PASSING = "passing"
    """The far end's trouble, which may be over another time."""
    MESSAGE = "message"
    """This one message: too large, not fit to be shown. Address and sender are well."""
    OURS = "ours"
    """The sender: policy, block list, signature, sign-in. A person must act."""


_EXACT: Mapping[str, Fault] = {
    # X.1: addresses; a few of them speak of the sender's
    "1.7": Fault.OURS,
    "1.8": Fault.OURS,
    "1.20": Fault.OURS,
    # X.2: the mailbox
    "2.2": Fault.PASSING,  # full, which is permanent by its class only
    "2.3": Fault.MESSAGE,  # longer than it takes
    # X.3: the far system
    "3.4": Fault.MESSAGE,
    # X.4: the way there
    "4.1": Fault.ADDRESS,  # Exchange Online: no such user
    "4.4": Fault.ADDRESS,  # no way to this domain
    "4.6": Fault.ADDRESS,  # a loop on their side
    "4.310": Fault.ADDRESS,  # Exchange Online: the domain is not in DNS
    # X.7 that speaks of the recipient: a closed list, a disabled account, a mailbox that has changed hands (RFC 7293)
    "7.2": Fault.ADDRESS,
    "7.13": Fault.ADDRESS,
    "7.17": Fault.ADDRESS,
    "7.18": Fault.ADDRESS,
    "7.124": Fault.ADDRESS,
    "7.133": Fault.ADDRESS,
    "7.134": Fault.ADDRESS,
    "7.135": Fault.ADDRESS,
    "7.136": Fault.ADDRESS,
}
_SUBJECTS: Mapping[str, Fault] = {
    "1": Fault.ADDRESS,
    "2": Fault.ADDRESS,
    "3": Fault.PASSING,
    "4": Fault.PASSING,
    "5": Fault.OURS,
    "6": Fault.MESSAGE,
    "7": Fault.OURS,
}
_VAGUE = frozenset({"", "0.0", "1.0", "2.0", "3.0", "4.0", "5.0"})
"""Without a detail: the words decide whether it was a block."""
_PLAIN: Mapping[int, Fault] = {552: Fault.PASSING}
"""More than the mailbox holds."""


def fault(code: int, enhanced: str, words: str = "") -> Fault:
    """Whose fault it is that a mail was refused (5yz), or given up after it was deferred for days.

    ``code`` is 0 and ``enhanced`` is empty where none was told.
    """
    kind, _, detail = enhanced.partition(".")
    if kind == "4" or (not kind and 400 <= code < 500):
        return Fault.PASSING
    subject = _SUBJECTS.get(detail.partition(".")[0], Fault.ADDRESS)
    if detail not in _VAGUE:
        return _EXACT.get(detail) or subject
    if code in _OURS or _BLOCK.search(words):
        return Fault.OURS
    return _PLAIN.get(code) or subject
