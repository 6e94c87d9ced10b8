"""Short faults are tried again, long ones are not."""

import pytest

from wire import errors, retry


def test_a_brief_fault_is_tried_again() -> None:
    faults = [retry.Brief("reset"), retry.Brief("reset")]

    def call() -> str:
        if faults:
            raise faults.pop()
        return "done"

    assert retry.briefly(call) == "done"


@pytest.mark.parametrize(
    ("error", "tries"), [(retry.Brief("reset"), 3), (errors.Later("busy"), 1), (errors.NeedsPerson("no"), 1)]
)
def test_a_fault_is_tried_so_often(error: errors.OutsideError, tries: int) -> None:
    made = []

    def call() -> None:
        made.append(1)
        raise error

    with pytest.raises(type(error)):
        retry.briefly(call)
    assert len(made) == tries
