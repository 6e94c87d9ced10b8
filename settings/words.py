"""What pydantic says about a value, in words for an admin.

Called by load. Types of errors: https://docs.pydantic.dev/latest/errors/validation_errors/.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_PLAIN: Mapping[str, str] = {
    "string_type": "should be a text in quotes",
    "string_too_short": "should not be empty",
    "string_too_long": "should have at most {max_length} characters",
    "int_type": "should be a whole number",
    "int_parsing": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "float_parsing": "should be a number",
    "finite_number": "should be a finite number",
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "list_type": "should be a list in [ ]",
    "tuple_type": "should be a list in [ ]",
    "dict_type": "should be a table",
    "mapping_type": "should be a table",
    "model_type": "should be a table",
    "model_attributes_type": "should be a table",
    "greater_than_equal": "should be at least {ge}",
    "greater_than": "should be above {gt}",
    "less_than_equal": "should be at most {le}",
    "less_than": "should be below {lt}",
    "too_short": "should have at least {min_length} of them",
    "too_long": "should have at most {max_length} of them",
    "path_type": "should be the path of a file",
}
_PATTERNS: Mapping[str, str] = {
    r"^[a-z][a-z0-9_]*$": "should be small letters, digits and _, beginning with a letter",
    r"^[A-Za-z][A-Za-z0-9_-]*$": "should be letters, digits, _ and -, beginning with a letter",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "should be a column's API name: letters, digits and _",
    r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$": "should be API names joined by dots, such as Contact.Email",
    "^#[0-9a-fA-F]{6}$": 'should be a colour such as "#2f4bd6"',
}


def expected(error: Mapping[str, Any], *, known: Sequence[str] = (), about: str = "") -> str:
    """What would be right, from one of ``ValidationError.errors()``. ``known`` are the keys that the place may have."""
    kind = error["type"]
    context: Mapping[str, Any] = error.get("ctx", {})
    key = str(error["loc"][-1]) if error["loc"] else ""
    if kind == "missing":
        return f"it is needed: {about[0].lower() + about[1:]}" if about else "it is needed"
    if kind == "extra_forbidden":
        return nearest(key, known) or _one_of(known, "should be one of")
    if kind == "value_error":
        return _sentence(str(context.get("error", error["msg"])))
    if kind in {"literal_error", "enum"}:
        return f"should be {str(context.get('expected', '')).replace(chr(39), chr(34))}"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        tags = str(context.get("expected_tags", "")).replace("'", '"')
        return f"should be one of {tags}" if tags else 'is needed: "salesforce" or "dynamics"'
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(str(context.get("pattern")), f"should match the pattern {context.get('pattern')}")
    return _PLAIN.get(kind, "").format_map(context) or _sentence(str(error["msg"]))


def unknown(error: Mapping[str, Any]) -> str | None:
    """What to show as found for a key that is not known: its name, for its value may be a secret; None for other errors."""
    return f"a key that is not known: {str(error['loc'][-1])[:60]}" if error["type"] == "extra_forbidden" else None


def _sentence(text: str) -> str:
    return text[:1].lower() + text[1:] if text[:1].isupper() and not text[1:2].isupper() else text


def nearest(name: str, known: Iterable[str]) -> str:
    """``did you mean "survey"?`` where one of the known names is near, else nothing."""
    names = {one.casefold().replace("-", "_"): one for one in known}
    near = difflib.get_close_matches(name.casefold().replace("-", "_"), list(names), n=1, cutoff=0.6)
    return f'did you mean "{names[near[0]]}"?' if near else ""


def should_be(name: str, known: Iterable[str], nothing: str) -> str:
    """What a name should have been: the nearest of the known ones, else all of them; ``nothing`` where there are none."""
    names = sorted(set(known))
    if not names:
        return nothing
    near = nearest(name, names)
    listed = _one_of(names, "should be one of")
    return f"{listed}; {near}" if near and len(names) > 1 else listed


def _one_of(names: Sequence[str], words: str) -> str:
    if not names:
        return "no key is known here"
    if len(names) == 1:
        return f'should be "{names[0]}"'
    shown = ", ".join(names[:30])
    return f"{words} {shown}" + (" …" if len(names) > 30 else "")
