"""Secrets by reference: settings hold ``env:NAME`` or ``file:PATH``, never the secret itself."""

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr, ValidationInfo


def resolve(reference: Any, info: ValidationInfo) -> SecretStr:
    """What the reference points at, without surrounding white space.

    A relative path is taken from the folder of the settings file (``context["folder"]`` of the validation). Raises ValueError
    that names the reference and never the secret.
    """
    if isinstance(reference, SecretStr):
        return reference
    if not isinstance(reference, str) or not reference.startswith(("env:", "file:")):
        raise ValueError('should be a reference such as "env:NAME" or "file:PATH", not the secret itself')
    how, where = reference.split(":", 1)
    if how == "env":
        return SecretStr(_from_environment(where))
    folder = Path((info.context or {}).get("folder", "."))
    return SecretStr(_from_file(folder / where))


def _from_environment(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise ValueError(f"refers to the environment variable {name}, which is not set: set it before the start")
    return value


def _from_file(path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"refers to the file {path}, which cannot be read ({type(error).__name__}): create it") from None
    if not value:
        raise ValueError(f"refers to the file {path}, which is empty")
    return value


Secret = Annotated[SecretStr, BeforeValidator(resolve, json_schema_input_type=str)]
"""A pydantic field type: written ``"env:NAME"``, read as a SecretStr."""
