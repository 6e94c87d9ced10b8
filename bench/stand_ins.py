"""How fast the stand-ins are, on one core and without sockets: ``python -m bench.stand_ins [CASES]``.

They must not be what a measurement of the program waits for, and the demo must be there within seconds. Prints one line of JSON
with what a second of processor time does; exit status 1 below an aim.
"""

import json
import sys
import time
from collections.abc import Callable

from sandbox import base, population
from tests.sandbox.dataverse import direct as dataverse
from tests.sandbox.salesforce import direct as salesforce

AIMS = {
    "people made": 20_000,
    "salesforce: records read": 20_000,
    "salesforce: records written": 10_000,
    "salesforce: idle polls": 100,
    "dynamics: records read": 40_000,
    "dynamics: records with their person read": 40_000,
    "dynamics: records written": 4_000,
    "dynamics: idle polls": 1_000,
}
"""So many a second."""
_WRITTEN, _POLLS = 4_000, 50


def main() -> int:
    """Measure everything once."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    made: list[base.Population] = []
    took = _seconds(lambda: made.append(population.make(seed=1, cases=cases, purchases=10)))
    people = made[0]
    rates = {"people made": len(people.people) / took, **_salesforce(people), **_dynamics(people)}
    found = {what: round(rate) for what, rate in rates.items()}
    sys.stdout.write(json.dumps({"cases": cases, "a second": found, "aims": AIMS}) + "\n")
    return 0 if all(found[what] >= aim for what, aim in AIMS.items()) else 1


def _salesforce(people: base.Population) -> dict[str, float]:
    org = salesforce.Direct(people)
    poll, ids = org.poll(), org.cases(_WRITTEN)
    return {
        "salesforce: records read": people.cases / _seconds(lambda: org.read(salesforce.READ)),
        "salesforce: records written": len(ids) / _seconds(lambda: org.write(ids)),
        "salesforce: idle polls": _POLLS / _seconds(lambda: [org.read(poll) for _ in range(_POLLS)]),
    }


def _dynamics(people: base.Population) -> dict[str, float]:
    org = dataverse.Direct(people)
    ids = org.cases(_WRITTEN)
    return {
        "dynamics: records read": people.cases / _seconds(lambda: org.read(dataverse.READS[1])),
        "dynamics: records with their person read": people.cases / _seconds(lambda: org.read(dataverse.READS[2])),
        "dynamics: records written": len(ids) / _seconds(lambda: org.write(ids)),
        "dynamics: idle polls": _POLLS / _seconds(lambda: [org.read(dataverse.IDLE) for _ in range(_POLLS)]),
    }


def _seconds(act: Callable[[], object]) -> float:
    """Of this process's own time."""
    begun = time.process_time()
    act()
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main())
