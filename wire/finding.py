"""What a check found: one line an operator can act on."""

import enum
from dataclasses import dataclass


class Grade(enum.StrEnum):
    """How bad a finding is."""

    GOOD = "good"
    """Looked at, nothing to do."""
    WARNING = "warning"
    """It runs, but something will bite."""
    WRONG = "wrong"
    """It cannot work until this is mended; ``palaute check`` ends with status 1."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at by ``palaute check``."""

    subject: str
    """What was looked at: ``connectors.acme: field Case.Palaute_Score__c``."""
    grade: Grade
    message: str
    """What was found."""
    remedy: str = ""
    """What to do about it, as a sentence; empty when the grade is good."""
