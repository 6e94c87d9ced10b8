"""The settings of the smallest service: a CRM in memory, one survey, mail that goes nowhere, pages on a free port.

For tests and benches of a whole daemon or command that need nothing outside.
"""

from pathlib import Path

SETTINGS = """
[store]
url = "sqlite:///palaute.db"
secret = "file:palaute.secret"

[connectors.crm]
type = "memory"

[surveys.brand]
name = "Havu"

[surveys.survey.csat]
metric = "csat"

[channels.email]
host = "127.0.0.1"
port = 9
security = "none"
sender = "Havu <feedback@havu.example>"

[web]
listen = "127.0.0.1:0"
public_url = "http://127.0.0.1"
"""
CASES = """
[[triggers.rules]]
name = "Cases"
on = "case_closed"
survey = "csat"
channel = "email"
"""


def write(folder: Path, text: str = SETTINGS) -> Path:
    """The settings file in this folder."""
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path
