"""What every part of the section ``[surveys]`` is made of: languages that there are words in, words by language, files beside."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo

from surveys import catalogue

STRICT = ConfigDict(extra="forbid", frozen=True)
"""For every table: an unknown key is a mistake."""


def _spoken(language: str, info: ValidationInfo) -> str:
    known = catalogue.languages((info.context or {}).get("catalogues", ""))
    if language not in known:
        raise ValueError(f"should be a language there is a catalogue for: {', '.join(known)}")
    return language


Language = Annotated[str, AfterValidator(_spoken)]
Words = dict[Language, Annotated[str, Field(min_length=1, max_length=500)]]
"""Language → words."""
Key = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=40)]
"""What something is called in the settings, in answers and in the CRM."""


def beside(path: str, info: ValidationInfo) -> Path:
    """A path taken from the folder of the settings file (``context["folder"]`` of the validation)."""
    return Path((info.context or {}).get("folder", ".")) / path
