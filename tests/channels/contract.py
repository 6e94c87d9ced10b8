"""What every channel must keep. A channel's test file subclasses this and says how its transport is made to misbehave."""

import abc
import contextlib
import enum
import threading
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as some

from channels import base
from tests.channels import messages
from triggers import touchpoint
from wire import errors


class Mood(enum.Enum):
    """What the transport does with the next message."""

    DEFER = errors.Later
    REFUSE = errors.Never
    WANT_PERSON = errors.NeedsPerson
    FALL_SILENT = errors.Unsure
    """Take the message and break the line without a word."""


class ChannelContract(abc.ABC):
    """Tests that hold for every channel."""

    @pytest.fixture
    @abc.abstractmethod
    def channel(self) -> base.Channel:
        """An open channel whose transport works; closed by the fixture."""

    @abc.abstractmethod
    def taken(self) -> list[str]:
        """The addresses of the messages that the transport has taken, oldest first."""

    @abc.abstractmethod
    def next_is(self, mood: Mood) -> None:
        """The transport meets the next message in this mood, and those after it normally."""

    def message(self, **changes: object) -> base.Message:
        """The message to that person, with changes."""
        return messages.message(**{"address": self.address, **changes})  # type: ignore[arg-type]

    def person(self, address: str) -> touchpoint.Recipient:
        """A person who can be reached at the address."""
        return touchpoint.Recipient(email=address)

    address = "aino.virtanen@posti.example"
    """Of one person whom the channel reaches, in normal form; the next one's, and one for each of many."""
    other = "eino@posti.example"
    many = tuple(f"person{number}@posti.example" for number in range(24))
    telling = ("aino", "virtanen", "posti.example", "router", "8kq2vxw7")
    """Words that would tell whom a message was for."""
    one_reference_per_key = True
    """Whether a repeat is the same message to the far end, or the channel makes the reference itself."""
    good: tuple[str, ...] = ("aino@posti.example", "  Aino.Virtanen@POSTI.example\u200b")
    nonsense: tuple[str, ...] = (
        "",
        " ",
        "aino",
        "aino@",
        "@posti.example",
        "a@b@c.example",
        "aino@posti.example\r\nBcc: x@y.example",
        "x" * 32_000,
    )

    def test_what_reaches_a_person_is_a_normal_form(self, channel: base.Channel) -> None:
        for written in self.good:
            address = channel.address(self.person(written))
            assert address is not None
            assert channel.address(self.person(address)) == address

    def test_nonsense_reaches_nobody(self, channel: base.Channel) -> None:
        assert [channel.address(self.person(written)) for written in self.nonsense] == [None] * len(self.nonsense)

    def test_any_text_is_an_address_or_none(self, channel: base.Channel) -> None:
        @given(some.text(max_size=80))
        def whatever(written: str) -> None:
            address = channel.address(self.person(written))
            assert address is None or channel.address(self.person(address)) == address

        whatever()

    def test_a_message_is_taken_once(self, channel: base.Channel) -> None:
        channel.send(self.message())
        assert self.taken() == [self.address]

    def test_a_key_has_a_reference_of_its_own(self, channel: base.Channel) -> None:
        first, again, other = (channel.send(self.message(key=key)).reference for key in ("one", "one", "two"))
        assert first
        assert first != other
        assert (first == again) is self.one_reference_per_key

    @pytest.mark.parametrize("mood", list(Mood))
    def test_each_ending_has_its_error(self, channel: base.Channel, mood: Mood) -> None:
        self.next_is(mood)
        with pytest.raises(mood.value):
            channel.send(self.message())

    @pytest.mark.parametrize("mood", list(Mood))
    def test_the_message_after_a_failed_one_is_taken(self, channel: base.Channel, mood: Mood) -> None:
        channel.send(self.message(key="before"))
        self.next_is(mood)
        with contextlib.suppress(errors.OutsideError):
            channel.send(self.message(key="failed"))
        channel.send(self.message(key="after", address=self.other))
        assert self.taken()[-1] == self.other

    @pytest.mark.parametrize("mood", list(Mood))
    def test_no_error_tells_whom_it_was_for(self, channel: base.Channel, mood: Mood) -> None:
        self.next_is(mood)
        with pytest.raises(errors.OutsideError) as caught:
            channel.send(self.message())
        told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caught.value.code
        assert not any(word in told.lower() for word in self.telling)

    def test_a_receipt_does_not_tell_whom_it_was_for(self, channel: base.Channel) -> None:
        told = repr(channel.send(self.message())).lower()
        assert not any(word in told for word in self.telling)

    def test_many_threads_send_each_message_once(self, channel: base.Channel) -> None:
        wanted = list(self.many)

        def work(mine: list[str]) -> None:
            for address in mine:
                channel.send(self.message(key=address, address=address))

        threads = [threading.Thread(target=work, args=(wanted[start::4],)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(self.taken()) == sorted(wanted)

    def test_a_check_names_the_settings_section(self, channel: base.Channel) -> None:
        findings = channel.check()
        assert findings
        assert all(found.subject.startswith(f"channels.{channel.name}") for found in findings)
        assert all(bool(found.remedy) == (found.grade != "good") for found in findings)

    def test_closing_twice_is_closing_once(self, channel: base.Channel) -> None:
        channel.send(self.message())
        channel.close()
        channel.close()
