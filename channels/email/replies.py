"""What a mail server's replies mean, in the words of wire/errors.py.

Codes: RFC 5321 section 4.2.1 (4yz may work later, 5yz will not) and RFC 3463 (enhanced codes, X.7.Z is security and policy).
"""

import re
from dataclasses import dataclass

from wire import errors

_ENHANCED = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"\S*@\S*")
_OURS = frozenset({500, 502, 503, 504, 523, 524, 530, 534, 535, 538, 555})
"""5yz codes that speak of the conversation or the sign-in (RFC 5321, RFC 4954), not of this one message."""
_SENDER = frozenset({"5.1.7", "5.1.8", "5.1.20"})
"""Enhanced codes that blame the sender's address (RFC 3463; 5.1.20 is Google's)."""
_RECIPIENTS = frozenset({"5.7.2", "5.7.13", "5.7.17", "5.7.18", "5.7.124", "5.7.133", "5.7.134", "5.7.135", "5.7.136"})
"""Policy codes that speak of the recipient: a closed list, a disabled account, a mailbox that has changed hands
(IANA's registry of enhanced codes; RFC 7293; Exchange's non-delivery reports). Nobody on our side can mend them."""
_REMEDY = "Read the server's words: it does not let this sender or this content through; ask whoever runs the mail server."
_MOST_WORDS = 200


@dataclass(frozen=True)
class Reply:
    """One reply of the server."""

    code: int
    text: str

    @property
    def enhanced(self) -> str:
        """``5.1.1``, or nothing where the server does not speak RFC 2034."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else ""

    @property
    def codes(self) -> str:
        """``550 5.1.1``."""
        return f"{self.code} {self.enhanced}".strip()

    def words(self, *hidden: str) -> str:
        """The server's own words on one line, without anything like an address and without the words in ``hidden``."""
        line = _ADDRESS.sub("…", " ".join(self.text.split()))
        for word in filter(None, hidden):
            line = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "…", line, flags=re.IGNORECASE)
        return "".join(character for character in line if character.isprintable())[:_MOST_WORDS]


def about_us(answer: Reply, doing: str, remedy: str) -> errors.OutsideError:
    """What a refusal means that concerns every message: greeting, TLS, sign-in, MAIL FROM. A Later has no code then."""
    message = f"the mail server refused {doing}: {answer.code} {answer.words()}"
    if 500 <= answer.code < 600:
        return errors.NeedsPerson(message, code=answer.codes, remedy=remedy)
    return errors.Later(message)


def about_message(answer: Reply, doing: str, recipient: str) -> errors.OutsideError:
    """What a refusal means that concerns one recipient or one message: RCPT TO, DATA and the reply after the final dot.

    421 says that the server is about to close, which concerns every message.
    """
    message = f"the mail server refused {doing}: {answer.code} {answer.words(recipient.partition('@')[0])}"
    if answer.code == 421:
        return errors.Later(message)
    if not 500 <= answer.code < 600:
        return errors.Later(message, code=answer.codes)
    if _is_ours(answer):
        return errors.NeedsPerson(message, code=answer.codes, remedy=_REMEDY)
    return errors.Never(message, code=answer.codes)


def _is_ours(answer: Reply) -> bool:
    """Whether a refusal is about this sender or this conversation rather than about the recipient."""
    if answer.enhanced in _RECIPIENTS:
        return False
    return answer.code in _OURS or answer.enhanced in _SENDER or answer.enhanced.startswith("5.7.")
