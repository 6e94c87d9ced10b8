"""A settings file that is right, to be broken by the tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from settings import load, model

GOOD = """\
[store]
url = "sqlite:///palaute.db"

[connectors.acme]
type = "salesforce"
login_url = "https://acme.my.salesforce.com"
client_id = "3MVG9"
client_secret = "file:acme.secret"

[connectors.nordic]
type = "dynamics"
url = "https://nordic.crm4.dynamics.com"
authority = "https://login.microsoftonline.com/0000"
client_id = "1111"
client_secret = "file:acme.secret"

[mapping.write.acme.Case]
Palaute_Score__c = "score"

[[triggers.rules]]
name = "Closed cases"
on = "case_closed"
when = [
  { field = "priority", is_not = "Low" },
  { not = { field = "subject", contains = "[spam]" } },
]
survey = "case_csat"
channel = ["email"]
delay = "2h"
expires = "14d"

[[triggers.rules]]
name = "Purchases"
on = "purchase"
survey = "purchase_nps"
channel = "email"

[triggers.quiet]
per_person = "30d"

[surveys]
languages = ["fi", "sv", "en"]

[surveys.brand]
name = "Havu"

[surveys.survey.case_csat]
metric = "csat"

[surveys.survey.purchase_nps]
metric = "nps"

[channels.email]
host = "smtp.example.com"
sender = "Havu <feedback@havu.example>"
"""
EVERYTHING = (
    GOOD
    + """
[mapping.kinds.acme.case_closed]
where = "IsClosed = true"
[mapping.kinds.acme.case_closed.context]
team = "Team__c"
[[mapping.kinds.acme.case_closed.person]]
record = "ContactId"
email = ["Contact.Email", "SuppliedEmail"]
[mapping.kinds.nordic.visit]
kind = "visit"
object = "msdyn_workorder"
once = "done"
[web]
listen = "127.0.0.1:0"
[journey.gather]
quiet = "3s"
"""
)
SECRET = "s3cr3t-that-nobody-may-see"
Write = Callable[[str], Path]
Break = Callable[..., list[load.Problem]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a settings file beside its secret; answers its path."""
    (tmp_path / "acme.secret").write_text(SECRET, encoding="utf-8")

    def put(text: str) -> Path:
        path = tmp_path / "settings.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return put


@pytest.fixture
def good(write: Write) -> model.Settings:
    """The settings of the file that is right."""
    return load.load(write(GOOD))


@pytest.fixture
def broken(write: Write) -> Break:
    """Replaces text of the good file, each piece once; answers the problems that are told."""

    def load_broken(*replaced: tuple[str, str], text: str = GOOD) -> list[load.Problem]:
        for old, new in replaced:
            assert text.count(old) >= 1, old
            text = text.replace(old, new, 1)
        with pytest.raises(load.SettingsError) as caught:
            load.load(write(text))
        assert SECRET not in str(caught.value)
        return list(caught.value.problems)

    return load_broken
