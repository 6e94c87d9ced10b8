"""A believable, seeded population that every stand-in is filled from; the same seed gives the same people."""

import random
import unicodedata
from collections.abc import Sequence

from sandbox import base, names

LANGUAGES = {"fi": 0.55, "sv": 0.2, "en": 0.25}
"""Language → share of the people."""
SHARE_OPTED_OUT = 0.05
SHARE_WITHOUT_ADDRESS = 0.05
SHARE_IN_BOTH = 0.1
"""Of all people, those whom both CRMs hold under the same e-mail address."""
SHARE_ODD = 0.01
SHARE_WITH_PHONE = 0.8
SHARE_OF_COMPANIES = 0.6
"""Of all people, those who belong to a company."""


def make(*, seed: int, cases: int, purchases: int) -> base.Population:
    """Companies, people, staff and subjects for ``cases`` + ``purchases`` records per CRM, about one person for each."""
    chance = random.Random(seed)
    per_crm = max(20, cases + purchases)
    count = round(2 * per_crm / (1 + SHARE_IN_BOTH))
    companies = _companies(chance, max(5, count // 8))
    return base.Population(
        seed=seed,
        companies=companies,
        people=tuple(_person(chance, index, companies) for index in range(count)),
        agents=_agents(chance, max(6, min(60, per_crm // 50))),
        case_subjects=_subjects(chance, max(200, cases + cases // 4)),
        products=names.PRODUCTS,
        cases=cases,
        purchases=purchases,
    )


def _companies(chance: random.Random, count: int) -> tuple[str, ...]:
    """Different names; beyond the combinations there are, a number tells them apart."""
    made: dict[str, None] = {}
    while len(made) < count:
        name = f"{chance.choice(names.COMPANY_STEMS)} {chance.choice(names.COMPANY_TRADES)}"
        form = chance.choice(names.COMPANY_FORMS)
        made[f"{name} {form}" if f"{name} {form}" not in made else f"{name} {len(made)} {form}"] = None
    return tuple(made)


def _person(chance: random.Random, index: int, companies: Sequence[str]) -> base.Person:
    language = chance.choices(tuple(LANGUAGES), tuple(LANGUAGES.values()))[0]
    first, last = chance.choice(names.FIRST_NAMES[language]), chance.choice(names.LAST_NAMES[language])
    if chance.random() < SHARE_ODD:
        first, last = chance.choice(names.ODD_NAMES)
    company = chance.randrange(len(companies)) if chance.random() < SHARE_OF_COMPANIES else None
    domain = chance.choice(names.MAIL_DOMAINS[language]) if company is None else _domain(companies[company])
    email = _email(first, last, index, domain)
    return base.Person(
        key=f"p{index}",
        first_name=first,
        last_name=last,
        email="" if chance.random() < SHARE_WITHOUT_ADDRESS else email if chance.random() < 1 - SHARE_ODD else email.title(),
        phone=_phone(language, index) if chance.random() < SHARE_WITH_PHONE else "",
        language=language,
        opted_out=chance.random() < SHARE_OPTED_OUT,
        company=company,
        crms=("salesforce", "dynamics") if chance.random() < SHARE_IN_BOTH else (("salesforce", "dynamics")[index % 2],),
    )


def _plain(text: str) -> str:
    """Only the ASCII letters, lower case, accents taken off."""
    decomposed = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("Ł", "l"))
    return "".join(letter for letter in decomposed.lower() if letter.isascii() and letter.isalpha())


def _email(first: str, last: str, index: int, domain: str) -> str:
    """Nobody shares an address: the index is in it."""
    return f"{_plain(first) or 'x'}.{_plain(last) or 'y'}.{index}@{domain}"


def _domain(company: str) -> str:
    return f"{_plain(company)}.example"


def _phone(language: str, index: int) -> str:
    """An E.164 mobile number, different for everybody.

    Nothing is ever sent to it but by the SMS stand-in. Neither Finland nor Sweden keeps blocks for fiction that are large
    enough, so theirs begin with a nought after the network code, which operators hardly hand out; the English-speaking ones
    have the North American 555-01XX (one hundred in each area code) as long as these last.
    """
    if language == "en" and index < 60_000:
        return f"+1{201 + index // 100:03d}55501{index % 100:02d}"
    country = "46700" if language == "sv" else "358450"
    return f"+{country}{index:06d}"


def _agents(chance: random.Random, count: int) -> tuple[str, ...]:
    made: dict[str, None] = {}
    while len(made) < count:
        language = chance.choice(tuple(LANGUAGES))
        made[f"{chance.choice(names.FIRST_NAMES[language])} {chance.choice(names.LAST_NAMES[language])}"] = None
    return tuple(made)


def _subjects(chance: random.Random, count: int) -> tuple[str, ...]:
    """Mostly different: a number is in most of them, as customers write it."""
    odd = SHARE_ODD * 3
    return tuple(
        chance.choice(names.ODD_SUBJECTS if chance.random() < odd else names.CASE_SUBJECTS).format(n=10_000 + index)
        for index in range(count)
    )
