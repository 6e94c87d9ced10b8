"""The brand's one colour, checked for contrast, and what is derived from it for light and dark ground."""

import colorsys
from dataclasses import dataclass

WHITE, INK = "#ffffff", "#161922"
_LIGHT_GROUND = "#f4f5f8"
_DARK_PAPER, _DARK_INK = "#171a21", "#eef0f5"
_TEXT_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3."""
_DARK_CONTRAST = 8
"""More than needed: thin strokes of light text on dark look thinner than they are."""


@dataclass(frozen=True, kw_only=True)
class Accent:
    """An accent and what is written on it, and what fills the chosen answer."""

    accent: str
    on_accent: str
    chosen: str
    on_chosen: str


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def problem(accent: str) -> str:
    """Why the colour cannot be the accent, in words; empty when it can."""
    found = contrast(accent, _LIGHT_GROUND)
    if found >= _TEXT_CONTRAST:
        return ""
    return f"should be darker: its contrast on light ground is {found:.1f}, and text needs at least {_TEXT_CONTRAST}"


def light(accent: str) -> Accent:
    """The accent on light ground. A red or green one does not fill the chosen answer, for it would say what a good answer is."""
    chosen = INK if _judges(accent) else accent
    return Accent(accent=accent, on_accent=WHITE, chosen=chosen, on_chosen=WHITE)


def dark(accent: str) -> Accent:
    """The accent made lighter until it reads on dark ground."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(accent))
    lighter = accent
    while contrast(lighter, _DARK_PAPER) < _DARK_CONTRAST:
        lightness += 0.02
        lighter = _written(colorsys.hls_to_rgb(hue, min(lightness, 1), saturation))
    chosen = _DARK_INK if _judges(accent) else lighter
    return Accent(accent=lighter, on_accent=_DARK_PAPER, chosen=chosen, on_chosen=_DARK_PAPER)


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _written(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in channels)


def _judges(accent: str) -> bool:
    """Whether people would call it red or green."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(accent))
    degrees = hue * 360
    return saturation > 0.25 and lightness > 0.08 and (degrees < 25 or degrees > 335 or 75 < degrees < 170)
