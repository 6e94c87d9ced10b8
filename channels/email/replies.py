"""What a mail server's replies mean, in the words of wire/errors.py.

Codes: RFC 5321 section 4.2.1 (4yz may work later, 5yz will not) and RFC 3463 (enhanced codes, X.7.Z is security and policy).
"""

import re
from dataclasses import dataclass

from channels import base
from channels.email import codes
from wire import errors

_ENHANCED = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"\S*@\S*")
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

    421 says that the server is about to close, which concerns every message. Whose fault a 5yz is, codes.py knows.
    """
    message = f"the mail server refused {doing}: {answer.code} {answer.words(recipient.partition('@')[0])}"
    if answer.code == 421:
        return errors.Later(message)
    if not 500 <= answer.code < 600:
        return errors.Later(message, code=answer.codes)
    blamed = codes.fault(answer.code, answer.enhanced, answer.text)
    if blamed is codes.Fault.OURS:
        return errors.NeedsPerson(message, code=answer.codes, remedy=_REMEDY)
    if blamed is codes.Fault.ADDRESS:
        return errors.Never(message, code=answer.codes)
    return base.Unfit(message, code=answer.codes, passing=blamed is codes.Fault.PASSING)
