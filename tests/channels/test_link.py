"""The link channel sends nothing. The shared contract's moods need a transport, and it has none; what is left is here."""

from channels import base
from channels.link import channel as link_channel
from tests.channels import messages
from triggers import touchpoint
from wire import finding


def test_whoever_a_record_concerns_is_reached_through_the_record() -> None:
    channel = link_channel.LinkChannel()
    reached = [touchpoint.Recipient(record="003"), touchpoint.Recipient(name="Aino"), touchpoint.Recipient(phone="nonsense")]
    assert [channel.address(person) for person in reached] == ["record"] * 3


def test_nobody_is_not_reached() -> None:
    assert link_channel.LinkChannel().address(touchpoint.Recipient()) is None


def test_a_message_is_taken_without_being_sent_and_may_be_repeated() -> None:
    channel = link_channel.LinkChannel()
    first, again = channel.send(messages.message(key="k")), channel.send(messages.message(key="k"))
    assert channel.repeatable
    assert first == again == base.Receipt(reference="k", response="the link is on the record")


def test_there_is_nothing_to_check_or_to_close() -> None:
    channel = link_channel.LinkChannel()
    assert [(found.subject, found.grade) for found in channel.check()] == [("channels.link", finding.Grade.GOOD)]
    channel.close()
    channel.close()
