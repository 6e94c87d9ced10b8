"""Short transient faults: a connection that was closed under us, a server that stumbles for a moment.

Anything longer is not waited for here: the journey's rows carry their own time of the next try.
"""

import time
from collections.abc import Callable
from typing import TypeVar

import tenacity

from wire import errors

_T = TypeVar("_T")
_TRIES = 3

sleep = time.sleep
"""How to wait between tries."""


class Brief(errors.Later):
    """The line broke or the server stumbled: worth another try at once."""


def briefly(call: Callable[[], _T]) -> _T:
    """The call's result; up to three tries within about two seconds while it raises ``Brief``."""
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Brief),
        stop=tenacity.stop_after_attempt(_TRIES),
        wait=tenacity.wait_exponential_jitter(multiplier=0.2, max=1.0, jitter=0.2),
        sleep=lambda seconds: sleep(seconds),
        reraise=True,
    )
    return retrying(call)
