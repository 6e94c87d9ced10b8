"""Whose fault a refusal is: the table of codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from channels import base
from channels.email import codes, replies
from wire import errors

ADDRESS, PASSING, MESSAGE, OURS = codes.Fault.ADDRESS, codes.Fault.PASSING, codes.Fault.MESSAGE, codes.Fault.OURS
TABLE = [
    (550, "", "no such user", ADDRESS),
    (550, "5.1.1", "user unknown", ADDRESS),
    (550, "5.1.2", "no such host", ADDRESS),
    (553, "5.1.3", "bad address", ADDRESS),
    (550, "5.1.6", "has moved", ADDRESS),
    (556, "5.1.10", "domain takes no mail (RFC 7505)", ADDRESS),
    (550, "5.2.1", "mailbox disabled", ADDRESS),
    (550, "5.4.1", "recipient address rejected: access denied (Exchange Online)", ADDRESS),
    (550, "5.4.4", "host not found", ADDRESS),
    (554, "5.4.6", "mail loops back", ADDRESS),
    (550, "5.7.133", "sender not authenticated for this list", ADDRESS),
    (525, "5.7.13", "account disabled", ADDRESS),
    (0, "5.0.0", "", ADDRESS),
    (552, "5.2.2", "mailbox full", PASSING),
    (552, "", "quota exceeded", PASSING),
    (554, "5.3.2", "not taking mail now", PASSING),
    (0, "5.4.7", "gave up after five days", PASSING),
    (0, "4.4.1", "no answer for five days", PASSING),
    (0, "4.2.2", "mailbox full for five days", PASSING),
    (0, "4.7.1", "greylisted for five days", PASSING),
    (450, "", "busy", PASSING),
    (552, "5.2.3", "too large for this mailbox", MESSAGE),
    (552, "5.3.4", "too large for this system", MESSAGE),
    (554, "5.6.0", "content refused", MESSAGE),
    (550, "5.7.1", "refused by policy", OURS),
    (550, "5.7.26", "unauthenticated: DMARC", OURS),
    (550, "5.7.515", "domain lacks the required authentication level", OURS),
    (550, "5.1.8", "the sender's domain does not exist", OURS),
    (550, "5.1.20", "multiple From", OURS),
    (535, "5.7.8", "wrong password", OURS),
    (503, "", "bad sequence", OURS),
    (550, "5.5.1", "no such command", OURS),
    (554, "", "Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org", OURS),
    (550, "5.0.0", "your IP has a poor reputation", OURS),
    (554, "5.2.0", "message identified as spam", OURS),
    (550, "", "relaying denied", OURS),
]


@pytest.mark.parametrize(("code", "enhanced", "words", "wanted"), TABLE)
def test_a_refusal_has_one_to_blame(code: int, enhanced: str, words: str, wanted: codes.Fault) -> None:
    assert codes.fault(code, enhanced, words) is wanted


def test_a_known_detail_outweighs_the_words() -> None:
    assert codes.fault(550, "5.1.1", "user unknown; see our spam policy") is ADDRESS


@given(some.integers(400, 499), some.text(max_size=40))
def test_what_may_work_later_never_blames_the_address(code: int, words: str) -> None:
    assert codes.fault(code, "", words) is not ADDRESS


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("550 5.1.1 no such user", errors.Never),
        ("552 5.2.2 mailbox full", base.Unfit),
        ("554 5.6.0 content", base.Unfit),
        ("550 5.7.1 policy", errors.NeedsPerson),
        ("451 4.7.1 greylisted", errors.Later),
    ],
)
def test_each_fault_has_its_error(said: str, error: type[errors.OutsideError]) -> None:
    code, _, text = said.partition(" ")
    assert type(replies.about_message(replies.Reply(int(code), text), "the recipient", "a@b.example")) is error
