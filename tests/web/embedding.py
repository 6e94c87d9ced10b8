"""Embedded places for the tests, with pages that know the secret of the page around."""

import pydantic

from journey.visiting import places
from tests.web import conftest
from tests.web import places as made
from web import app, server, settings

SECRET = "0123456789abcdef0123456789abcdef"


def make(pages: conftest.Place, *origins: str, name: str = "Shop", **options: object) -> places.Place:
    """A place that these origins may embed; from now on the pages believe contexts signed with ``SECRET``."""
    web = settings.WebSettings(listen="127.0.0.1:0", public_url="http://survey.example", embed=_signed())
    pages.pages.stop()
    pages.pages = server.Pages(app.build(pages.world.belt, web), web)
    pages.pages.start()
    return made.make(pages, name=name, way="embed", options={"language": "en", "origins": list(origins), **options})


def _signed() -> settings.EmbedSettings:
    return settings.EmbedSettings(secret=pydantic.SecretStr(SECRET))
