"""People: one row per human, known by a keyed hash of an address, never by the address itself."""

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import idna
import phonenumbers
import sqlalchemy as sa

from store import rows, tables
from triggers import touchpoint

PERSON = rows.table(tables.Person)
BY_TEXT = "sms"
"""How a no came to be that a text takes back."""
KEY = rows.table(tables.PersonKey)
_DECISION = rows.table(tables.Decision)
_SHORTEST_SECRET = 16
_LONGEST_ADDRESS = 400
"""Characters: RFC 5321 section 4.5.3.1 allows 320, and some white space may stand around them."""
_INVISIBLE = frozenset({"Cc", "Cf"})
"""Unicode categories of control and format characters: byte order marks and the like, which come along when people paste."""


def open_secret(reference: str) -> bytes:
    """The installation's own secret from ``env:NAME`` or ``file:PATH``; a missing file is made, readable by its owner only.

    Losing it means that quarantine and opt-outs are forgotten: back it up with the database. Raises ValueError with a remedy.
    """
    how, _, where = reference.partition(":")
    if how == "env":
        value, place = os.environ.get(where, "").strip(), f"the environment variable {where}"
        if not value:
            raise ValueError(f"store.secret refers to {place}, which is not set")
    else:
        path = Path(where)
        if not path.exists():
            _make_secret(path)
        value, place = path.read_text(encoding="utf-8").strip(), str(path)
    if len(value) < _SHORTEST_SECRET:
        raise ValueError(f"store.secret: {place} holds fewer than {_SHORTEST_SECRET} characters; put a long random text in it")
    return value.encode()


def _make_secret(path: Path) -> None:
    """Written aside and linked into place: processes that start together agree on one secret, and none reads half of one."""
    descriptor, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # readable by the owner only
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    finally:
        Path(aside).unlink()


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The keys that one record gives of a person."""

    email: str | None = None
    phone: str | None = None

    @property
    def first(self) -> str | None:
        """The one that a person is called by: the e-mail's where there is one."""
        return self.email or self.phone


def key(secret: bytes, person: touchpoint.Recipient | None) -> str | None:
    """The person's first key: that of the normalised e-mail, or else of the E.164 phone; None when there is neither."""
    return keys(secret, person).first


def normal_email(address: str) -> str | None:
    """Lower-cased, compatibility-normalised, domain in its ASCII form; None for what has no shape of an address."""
    if len(address) > _LONGEST_ADDRESS:
        return None
    text = "".join(c for c in unicodedata.normalize("NFKC", address).strip() if unicodedata.category(c) not in _INVISIBLE)
    local, at, domain = text.strip().rpartition("@")
    if not (local and at and "." in domain) or any(c.isspace() for c in local + domain):
        return None
    try:
        local.encode()
        return f"mailto:{local.casefold()}@{_ascii(domain)}"
    except UnicodeError:
        return None


def _ascii(domain: str) -> str:
    """As the mail goes there (IDNA 2008, where ß and ss are two domains); what that refuses, as Python's older codec has it."""
    if not domain.isascii():
        with contextlib.suppress(idna.IDNAError):
            return idna.encode(domain, uts46=True).decode("ascii")
    return domain.casefold().encode("idna").decode("ascii")


def normal_phone(number: str, region: str = touchpoint.HOME) -> str | None:
    """E.164 with a scheme in front; None for what is no number."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return f"tel:{phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)}"


def keys(secret: bytes, person: touchpoint.Recipient | None) -> Keys:
    """Every key of the person: HMAC-SHA256 of the normalised e-mail and of the E.164 phone, as far as there are any."""
    if person is None:
        return Keys()
    email, phone = normal_email(person.email), normal_phone(person.phone, person.country)
    return Keys(email=None if email is None else _hashed(secret, email), phone=None if phone is None else _hashed(secret, phone))


def _hashed(secret: bytes, identity: str) -> str:
    return hmac.new(secret, identity.encode(), hashlib.sha256).hexdigest()


def ids(tx: sa.Connection, emails: Iterable[str]) -> dict[str, int]:
    """Key of an e-mail address → person id, with rows made for those not met before. Brings nobody together: identities does."""
    wanted = sorted(set(emails))
    found = known(tx, wanted)
    fresh = [one for one in wanted if one not in found]
    if fresh:
        rows.insert_new(tx, PERSON, [{"key": one, "opted_out_by": ""} for one in fresh])
        made = called(tx, fresh)
        rows.insert_new(tx, KEY, [{"key": one, "person_id": made[one], "phone": False} for one in fresh])
        found.update(made)
    return found


def known(tx: sa.Connection, wanted: Iterable[str]) -> dict[str, int]:
    """Key → person id, for the keys that have been met."""
    found: dict[str, int] = {}
    for chunk in rows.chunks(sorted(wanted)):
        found.update((k, i) for k, i in tx.execute(sa.select(KEY.c.key, KEY.c.person_id).where(KEY.c.key.in_(chunk))))
    return found


def called(tx: sa.Connection, firsts: Iterable[str]) -> dict[str, int]:
    """The key that a person's row was made with → person id."""
    found: dict[str, int] = {}
    for chunk in rows.chunks(sorted(firsts)):
        found.update((k, i) for k, i in tx.execute(sa.select(PERSON.c.key, PERSON.c.id).where(PERSON.c.key.in_(chunk))))
    return found


def lock(tx: sa.Connection, person_ids: Iterable[int]) -> dict[int, datetime | None]:
    """Person id → when they opted out here. On PostgreSQL the rows are held until the transaction ends, so that two
    deciders can never both ask the same person; SQLite has one writer anyway."""
    found: dict[int, datetime | None] = {}
    for chunk in rows.chunks(sorted(set(person_ids))):
        query = sa.select(PERSON.c.id, PERSON.c.opted_out_at).where(PERSON.c.id.in_(chunk)).order_by(PERSON.c.id)
        found.update((i, at) for i, at in tx.execute(query.with_for_update()))
    return found


def last_asked(tx: sa.Connection, person_ids: Iterable[int], but: Iterable[int] = ()) -> dict[int, datetime]:
    """Person id → when they were (or are planned to be) asked last; the latest counts, across everything.

    ``but`` names touchpoints that are left out of account.
    """
    found: dict[int, datetime] = {}
    left_out = sorted(set(but))
    for chunk in rows.chunks(sorted(set(person_ids))):
        query = (
            sa.select(_DECISION.c.person_id, sa.func.max(_DECISION.c.asked_at))
            .where(_DECISION.c.person_id.in_(chunk), _DECISION.c.asked_at.is_not(None))
            .group_by(_DECISION.c.person_id)
        )
        others = query.where(_DECISION.c.touchpoint_id.not_in(left_out)) if left_out else query
        found.update((i, at) for i, at in tx.execute(others))
    return found


def opt_out(tx: sa.Connection, person_id: int, at: datetime, by: str) -> bool:
    """Note that the person said no; False when they already had.

    ``by``: ``sms``, which a text takes back, or another way, which none does: whoever said it both ways said it the other way.
    """
    here = PERSON.c.id == person_id
    fresh = sa.update(PERSON).where(here, PERSON.c.opted_out_at.is_(None)).values(opted_out_at=at, opted_out_by=by)
    if tx.execute(fresh).rowcount == 1:
        return True
    if by != BY_TEXT:
        tx.execute(sa.update(PERSON).where(here, PERSON.c.opted_out_by == BY_TEXT).values(opted_out_by=by))
    return False


def opt_in(tx: sa.Connection, person_id: int) -> bool:
    """Take back a no that came by text; False when there is none."""
    by_text = sa.and_(PERSON.c.id == person_id, PERSON.c.opted_out_at.is_not(None), PERSON.c.opted_out_by == BY_TEXT)
    return tx.execute(sa.update(PERSON).where(by_text).values(opted_out_at=None, opted_out_by="")).rowcount == 1


def opted_out(tx: sa.Connection, person_ids: Iterable[int]) -> Mapping[int, datetime]:
    """Person id → when, for those who said no here. Holds nobody up."""
    found: dict[int, datetime] = {}
    for chunk in rows.chunks(sorted(set(person_ids))):
        query = sa.select(PERSON.c.id, PERSON.c.opted_out_at).where(PERSON.c.id.in_(chunk), PERSON.c.opted_out_at.is_not(None))
        found.update((i, at) for i, at in tx.execute(query))
    return found
