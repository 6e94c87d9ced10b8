"""What has happened before the sandbox opens: cases closed and things bought over some days, so that there is a past to look at.

Called by server, once, with the clock set back; when it is done the clock is at now again.
"""

import random
from collections.abc import Callable, Mapping
from datetime import timedelta

from sandbox import base

_TURN = timedelta(hours=3)
_OPEN = range(6, 18)
"""Hours (UTC) in which people work."""
_MOST = {"close_cases": 6, "make_purchases": 2}
"""In one turn of one CRM on a working day."""
_SATURDAY = 5

Remember = Callable[[str, str, list[str]], None]


def live(clock: base.Clock, stand_ins: Mapping[str, base.StandIn], days: int, seed: int, remember: Remember) -> None:
    """Go through the days up to now, the same happenings for the same seed and time of day."""
    chance = random.Random(seed)
    for _ in range(days * (timedelta(days=1) // _TURN)):
        now = clock.now()
        quiet = now.weekday() >= _SATURDAY or now.hour not in _OPEN
        for name, stand_in in stand_ins.items():
            for do, most in _MOST.items():
                count = chance.randint(0, most)
                if count and not (quiet and chance.random() < 0.9):
                    remember(name, do, stand_in.act(do, count=count))
        clock.advance(_TURN)
