"""Whole programs in processes of their own take their time on a busy machine: these tests may take it."""

from pathlib import Path

import pytest

_PATIENCE = 900
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A time limit that a slow machine keeps too; what hangs is still ended."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.timeout(_PATIENCE))
