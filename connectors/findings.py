"""What the checks of all connectors share."""

from datetime import UTC, datetime, timedelta

from wire import errors, finding

_SKEW = timedelta(minutes=2)


def failed(subject: str, error: errors.OutsideError, remedy: str) -> finding.Finding:
    """A check that could not be made; ``remedy`` is for errors that tell none."""
    advice = error.remedy if isinstance(error, errors.NeedsPerson) and error.remedy else remedy
    return finding.Finding(subject=subject, grade=finding.Grade.WRONG, message=str(error), remedy=advice)


def good(subject: str, message: str) -> finding.Finding:
    """Nothing to do."""
    return finding.Finding(subject=subject, grade=finding.Grade.GOOD, message=message)


def clock(subject: str, theirs: datetime) -> finding.Finding:
    """How far this machine's clock is from the CRM's. Reading does not depend on it; send windows and sign-in may."""
    ahead = datetime.now(UTC) - theirs
    if abs(ahead) <= _SKEW:
        return good(f"{subject}: clock", "this machine and the CRM agree on the time")
    side = "ahead of" if ahead > timedelta() else "behind"
    message = f"this machine's clock is {abs(ahead).total_seconds():.0f} s {side} the CRM's"
    remedy = "Let the machine take its time from the network (NTP)."
    return finding.Finding(subject=f"{subject}: clock", grade=finding.Grade.WARNING, message=message, remedy=remedy)
