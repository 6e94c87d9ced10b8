"""Pictures of the pages for the documentation: ``python -m tests.browser.screenshots [FOLDER]``, by default docs/screenshots."""

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser import channels, conftest, host
from tests.web import conftest as places

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
LARGEST = 60_000
"""Bytes of a picture."""
SHOTS: tuple[tuple[str, str, str, str], ...] = (
    ("email-link", "en", "phone", "light"),
    ("email-link", "fi", "phone", "dark"),
    ("email-link", "sv", "desktop", "light"),
    ("one-tap", "en", "desktop", "light"),
    ("one-tap", "fi", "phone", "light"),
    ("sms-link", "sv", "phone", "light"),
    ("sms-link", "fi", "desktop", "light"),
    ("further-questions", "en", "phone", "light"),
    ("further-questions", "fi", "desktop", "light"),
    ("thanks", "en", "desktop", "light"),
    ("thanks", "sv", "phone", "light"),
    ("thanks", "fi", "desktop", "dark"),
    ("checked", "en", "phone", "light"),
    ("unsubscribe", "fi", "phone", "light"),
    ("unsubscribe", "en", "desktop", "light"),
    ("why", "en", "phone", "light"),
    ("closed", "sv", "phone", "light"),
    ("closed", "en", "desktop", "light"),
    ("place", "fi", "phone", "light"),
    ("place", "sv", "desktop", "light"),
    ("kiosk", "fi", "desktop", "light"),
    ("kiosk", "en", "phone", "light"),
    ("share", "en", "phone", "light"),
    ("share", "fi", "desktop", "light"),
    ("embed-inline", "en", "desktop", "light"),
    ("embed-inline", "fi", "phone", "light"),
    ("embed-popup", "en", "desktop", "light"),
    ("embed-popup", "sv", "phone", "light"),
)
"""Page, language, size, ground."""


@contextmanager
def _places(folder: Path) -> Iterator[channels.MakePlace]:
    made: list[places.Place] = []

    def make(metric: str, language: str, **changes: Any) -> places.Place:
        own = folder / str(len(made))
        own.mkdir()
        made.append(places.Place(own, metric, language, **changes))
        return made[-1]

    yield make
    for place in made:
        place.close()


def _shoot(browser: Browser, shot: tuple[str, str, str, str], folder: Path, make: channels.MakePlace, shop: host.Shop) -> Path:
    name, language, size, ground = shot
    tab = browser.new_page(
        viewport=channels.SIZES[size],  # type: ignore[arg-type]
        color_scheme=ground,  # type: ignore[arg-type]
        reduced_motion="reduce",
        user_agent=conftest.persons_agent(browser),
    )
    channels.visit(name, language, tab, make, shop)
    tab.wait_for_timeout(300)  # a frame takes its height from the page within it
    path = folder / f"{name}-{language}-{size}{'-dark' if ground == 'dark' else ''}.png"
    whole = size == "phone" and not name.startswith("embed-popup")
    picture = tab.screenshot(full_page=whole, animations="disabled", caret="hide")
    tab.close()
    # A page has few colours: a palette makes the file a third as large.
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(64).save(path, optimize=True)
    return path


def main(folder: Path) -> int:
    """Write all of them; the exit status."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as own,
        _places(Path(own)) as make,
        host.Shop() as shop,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", *conftest.LIKE_A_PERSONS])
        written = [_shoot(browser, shot, folder, make, shop) for shot in SHOTS]
        browser.close()
    large = [path.name for path in written if path.stat().st_size > LARGEST]
    for name in large:
        sys.stderr.write(f"{name} has more than {LARGEST} bytes\n")
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
