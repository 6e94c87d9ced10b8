"""The JSON Schema that editors use is the settings' own."""

from pathlib import Path

from settings import schema

ROOT = Path(__file__).parent.parent.parent


def test_the_committed_schema_is_current() -> None:
    committed = (ROOT / "settings.schema.json").read_text(encoding="utf-8")
    assert committed == schema.as_text(), "write it anew: python -m settings.schema > settings.schema.json"


def test_the_keys_of_a_place_are_known_through_lists_tables_and_alternatives() -> None:
    assert "is_not" in schema.keys(("triggers", "rules", 0, "when", 1, "not"))
    assert "login_url" not in schema.keys(("connectors", "x", "dynamics"))
    assert schema.keys(("mapping", "kinds", "acme", "x", "person", 0))[:2] == ["object", "record"]


def test_a_key_without_a_fixed_shape_has_no_keys() -> None:
    assert schema.keys(("store", "url")) == []
