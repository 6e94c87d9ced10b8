"""How much work something is, told without a clock: the same on every machine, however busy.

Called by the tests of growth, in which twice as much to do may cost twice as many calls, and what does not look at the
rest may not cost more when there is more of it. Times are measured in ``bench/``.
"""

import cProfile
from collections.abc import Callable


def calls(act: Callable[[], object]) -> int:
    """How many functions were called on this thread while ``act`` ran, those of C included."""
    with cProfile.Profile() as profile:
        act()
    return sum(entry.callcount for entry in profile.getstats())
