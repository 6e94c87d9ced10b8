"""What the checks of all connectors share."""

from datetime import UTC, datetime, timedelta

from wire import errors, finding

_SKEW = timedelta(minutes=2)
_TOO_MUCH = timedelta(minutes=5)
"""Sign-in services refuse what is five minutes off: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
(AADSTS700024), and Salesforce a JWT."""


def failed(subject: str, error: errors.OutsideError, remedy: str) -> finding.Finding:
    """A check that could not be made; ``remedy`` is for errors that tell none."""
    advice = error.remedy if isinstance(error, errors.NeedsPerson) and error.remedy else remedy
    return finding.Finding(subject=subject, grade=finding.Grade.WRONG, message=str(error), remedy=advice)


def good(subject: str, message: str) -> finding.Finding:
    """Nothing to do."""
    return finding.Finding(subject=subject, grade=finding.Grade.GOOD, message=message)


def clock(subject: str, theirs: datetime) -> finding.Finding:
    """How far this machine's clock is from the CRM's. Reading does not depend on it; send windows, expiry and sign-in do."""
    ahead = datetime.now(UTC) - theirs
    if abs(ahead) <= _SKEW:
        return good(f"{subject}: clock", "this machine and the CRM agree on the time")
    side = "ahead of" if ahead > timedelta() else "behind"
    message = f"this machine's clock is {abs(ahead).total_seconds():.0f} s {side} the CRM's"
    remedy = "Let the machine take its time from the network (NTP)."
    grade = finding.Grade.WRONG if abs(ahead) > _TOO_MUCH else finding.Grade.WARNING
    return finding.Finding(subject=f"{subject}: clock", grade=grade, message=message, remedy=remedy)
