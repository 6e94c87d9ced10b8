"""What keys each place of the settings may have, from the JSON Schema of the settings models.

Called by load, to name the nearest right key. ``python -m settings.schema > settings.schema.json`` writes the schema for editors.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from settings import model


@cache
def whole() -> Mapping[str, Any]:
    """The JSON Schema (2020-12) of settings.toml, which editors understand (Even Better TOML, taplo)."""
    made = model.Settings.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def as_text() -> str:
    """The schema as ``settings.schema.json`` holds it."""
    return json.dumps(whole(), indent=2, ensure_ascii=False) + "\n"


def keys(place: Sequence[str | int]) -> list[str]:
    """The keys that a table at this place may have; empty where any are allowed or it is no table.

    The place may be a location of pydantic's, whose tags narrow the choice: the keys of a Salesforce connector only.
    """
    return list(dict.fromkeys(key for node in _at(place) for key in node.get("properties", {})))


def description(place: Sequence[str | int]) -> str:
    """What the key at this place is for, as its model tells; empty where it does not."""
    return next((node["description"] for node in _at(place, resolve=False) if node.get("description")), "")


def _at(place: Sequence[str | int], *, resolve: bool = True) -> list[Mapping[str, Any]]:
    nodes: list[Mapping[str, Any]] = [whole()]
    for part in place:
        tagged: list[Mapping[str, Any]] = [
            {"$ref": node["discriminator"]["mapping"][part]} for node in nodes if _is_tag(node, part)
        ]
        nodes = tagged or [below for node in _branches(nodes) for below in _step(node, part)]
    return _branches(nodes) if resolve else nodes


def _is_tag(node: Mapping[str, Any], part: str | int) -> bool:
    """Whether a part of a location is not a key but says which of several models the place has (pydantic's own addition)."""
    return part in node.get("discriminator", {}).get("mapping", {})


def _step(node: Mapping[str, Any], part: str | int) -> Iterable[Mapping[str, Any]]:
    if isinstance(part, int):
        candidates = [node.get("items")]
    elif part in node.get("properties", {}):
        candidates = [node["properties"][part]]
    else:
        candidates = [node.get("additionalProperties"), *node.get("patternProperties", {}).values()]
    return [candidate for candidate in candidates if isinstance(candidate, dict)]


def _branches(nodes: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The nodes with references followed and alternatives laid side by side."""
    found: list[Mapping[str, Any]] = []
    for node in nodes:
        if "$ref" in node:
            found += _branches([whole()["$defs"][node["$ref"].rpartition("/")[2]]])
        inner = [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]
        found += _branches(inner)
        if "$ref" not in node and not inner:
            found.append(node)
    return found


if __name__ == "__main__":
    sys.stdout.write(as_text())
