"""The population is seeded, believable and large enough."""

from collections import Counter

import pytest

from sandbox import base, population
from tests import counting


@pytest.fixture(scope="module")
def people() -> base.Population:
    return population.make(seed=1, cases=2000, purchases=1000)


def test_the_same_seed_gives_the_same_people() -> None:
    assert population.make(seed=5, cases=30, purchases=10) == population.make(seed=5, cases=30, purchases=10)
    assert population.make(seed=5, cases=30, purchases=10).people != population.make(seed=6, cases=30, purchases=10).people


@pytest.mark.parametrize("crm", ["salesforce", "dynamics"])
def test_each_crm_holds_about_one_person_per_touchpoint(people: base.Population, crm: str) -> None:
    held = sum(crm in person.crms for person in people.people)
    assert 2800 < held < 3200


def test_nobody_shares_an_address_or_a_phone(people: base.Population) -> None:
    addresses = Counter(person.email.lower() for person in people.people if person.email)
    phones = Counter(person.phone for person in people.people if person.phone)
    assert addresses.most_common(1)[0][1] == 1
    assert phones.most_common(1)[0][1] == 1


@pytest.mark.parametrize(
    ("share", "counts"),
    [
        (0.05, lambda person: person.opted_out),
        (0.05, lambda person: not person.email),
        (0.1, lambda person: len(person.crms) == 2),
        (0.2, lambda person: person.language == "sv"),
    ],
)
def test_shares_are_near_what_is_promised(people: base.Population, share: float, counts: object) -> None:
    assert callable(counts)
    found = sum(counts(person) for person in people.people) / len(people.people)
    assert abs(found - share) < 0.02


def test_addresses_are_under_reserved_names(people: base.Population) -> None:
    domains = {person.email.lower().rsplit("@", 1)[1] for person in people.people if person.email}
    assert all(domain.endswith(".example") or domain in {"example.com", "example.org", "example.net"} for domain in domains)


def test_each_of_many_people_costs_as_much_as_each_of_a_few() -> None:
    few, many = {"cases": 400, "purchases": 150}, {"cases": 3_200, "purchases": 1_200}
    before = counting.calls(lambda: population.make(seed=1, **few))
    assert counting.calls(lambda: population.make(seed=1, **many)) < 1.2 * 8 * before
