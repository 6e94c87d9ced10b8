"""Whether the files and variables that the settings name for the store can be had; other secrets are read by their own sections.

Called by load. Nothing is made or changed here: a missing secret file is made at the first start.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from settings.found import Found

_SQLITE = "sqlite:///"


def check(raw: Mapping[str, Any], folder: Path) -> Iterator[Found]:
    """What the section ``[store]`` names and is not there; relative paths are taken from ``folder``."""
    store = raw.get("store", {})
    secret = store.get("secret", "") if isinstance(store, dict) else ""
    url = store.get("url", "") if isinstance(store, dict) else ""
    if isinstance(secret, str) and (trouble := _secret(secret, folder)):
        yield Found(("store", "secret"), trouble)
    if isinstance(url, str) and url.startswith(_SQLITE) and (trouble := _no_place(folder / url.removeprefix(_SQLITE), os.W_OK)):
        yield Found(("store", "url"), trouble)


def _secret(reference: str, folder: Path) -> str:
    how, _, where = reference.partition(":")
    if how == "env" and not os.environ.get(where, "").strip():
        return f"refers to the environment variable {where}, which is not set: set it before the start"
    return _no_place(folder / where, os.R_OK) if how == "file" else ""


def _no_place(path: Path, access: int) -> str:
    """Why a file can neither be used (``os.R_OK`` or ``os.W_OK``) nor made there; empty when one of the two works."""
    try:
        if path.is_dir():
            return f"refers to {path}, which is a folder and no file"
        if path.exists():
            return "" if os.access(path, access) else f"refers to {path}, which this user may not use: correct its rights"
        if not path.parent.is_dir():
            return f"refers to a file in {path.parent}, which does not exist: create that folder"
        return "" if os.access(path.parent, os.W_OK) else f"refers to a file in {path.parent}, where this user may make none"
    except (OSError, ValueError) as error:
        return f"refers to a file that cannot be looked at ({type(error).__name__})"
