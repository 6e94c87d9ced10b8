"""Assertions of the shared suite tell their values."""

import pytest

pytest.register_assert_rewrite("tests.connectors.contract")
