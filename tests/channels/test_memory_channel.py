"""The memory channel keeps the contract."""

import pytest

from channels import base, memory
from tests.channels import contract, messages
from wire import errors


class TestMemory(contract.ChannelContract):
    @pytest.fixture(autouse=True)
    def _memory(self) -> None:
        self.memory = memory.MemoryChannel()

    @pytest.fixture
    def channel(self) -> base.Channel:
        return self.memory

    def taken(self) -> list[str]:
        return [message.address for message in self.memory.messages]

    def next_is(self, mood: contract.Mood) -> None:
        self.memory.trouble(mood.value(), taken=mood is contract.Mood.FALL_SILENT)


def test_a_repeatable_channel_keeps_one_message_per_key() -> None:
    channel = memory.MemoryChannel(repeatable=True)
    channel.trouble(errors.Unsure(), taken=True)
    with pytest.raises(errors.Unsure):
        channel.send(messages.message())
    channel.send(messages.message())
    assert len(channel.messages) == 1


def test_a_refused_address_is_refused_every_time() -> None:
    channel = memory.MemoryChannel()
    channel.refused.add(messages.message().address)
    for _ in range(2):
        with pytest.raises(errors.Never):
            channel.send(messages.message())
    assert channel.messages == []
