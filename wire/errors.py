"""What can come of a call to the outside world, in the only words the journey understands.

A vendor's file (connectors/salesforce, channels/email …) translates that vendor's codes into these, and nobody else does.
Messages are fit for a log and for an admin's eyes: no secret, no address, no text that a customer wrote.
"""


class OutsideError(Exception):
    """Something outside did not do what was asked."""

    def __init__(self, message: str = "", *, code: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").split("\n", 1)[0])
        self.code = code
        """The vendor's own code (``UNABLE_TO_LOCK_ROW``, ``0x80072322``, ``550 5.1.1``), empty where it gave none."""


class Later(OutsideError):
    """It did not work now and may work later without anybody doing anything."""

    def __init__(self, message: str = "", *, code: str = "", delay: float | None = None) -> None:
        super().__init__(message, code=code)
        self.delay = delay
        """Seconds the other side asked us to wait (``Retry-After``); None leaves the pace to the caller."""


class Never(OutsideError):
    """It will not work for this one row or address, however often it is tried."""


class NeedsPerson(OutsideError):
    """It will work again only after somebody changed something: a password, a permission, a setting."""

    def __init__(self, message: str = "", *, code: str = "", remedy: str = "") -> None:
        super().__init__(message, code=code)
        self.remedy = remedy
        """What that somebody should do, as a sentence."""


class Unsure(OutsideError):
    """It may or may not have happened: the line broke after the request and before the answer."""
