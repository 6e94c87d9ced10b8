"""The section ``[surveys.brand]``: who asks, and how that looks."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo

from surveys import colour, logo
from surveys import settings_words as parts


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('should be a time zone such as "Europe/Helsinki"') from None
    return name


def _legible(accent: str) -> str:
    if colour.problem(accent):
        raise ValueError(colour.problem(accent))
    return accent


def _picture(path: str, info: ValidationInfo) -> str:
    if path:
        picture(parts.beside(path, info))
    return str(parts.beside(path, info)) if path else ""


def picture(path: Path) -> logo.Logo:
    """The logo in the file. Raises ValueError that says what is wrong with it."""
    try:
        with path.open("rb") as source:
            content = source.read(logo.LARGEST + 1)
    except OSError as error:
        raise ValueError(f"refers to the file {path}, which cannot be read ({type(error).__name__})") from None
    return logo.read(content)


class BrandSettings(BaseModel):
    """``[surveys.brand]``"""

    model_config = parts.STRICT

    name: Annotated[str, Field(min_length=1, max_length=100)]
    partitive: str = ""
    genitive: str = ""
    address: str = ""
    accent: Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$"), AfterValidator(_legible)] = "#2f4bd6"
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    logo: Annotated[str, AfterValidator(_picture), Field(description="File of the logo: PNG, JPEG or SVG, at most 100 kB")] = ""
