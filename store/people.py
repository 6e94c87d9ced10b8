"""People: one row per human, known by a keyed hash of an address, never by the address itself."""

import contextlib
import hashlib
import hmac
import os
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import phonenumbers
import sqlalchemy as sa

from store import rows, tables
from triggers import touchpoint

PERSON = rows.table(tables.Person)
_DECISION = rows.table(tables.Decision)
_SHORTEST_SECRET = 16


def open_secret(reference: str) -> bytes:
    """The installation's own secret from ``env:NAME`` or ``file:PATH``; a missing file is made, readable by its owner only.

    Losing it means that quarantine and opt-outs are forgotten: back it up with the database. Raises ValueError with a remedy.
    """
    how, _, where = reference.partition(":")
    if how == "env":
        value = os.environ.get(where, "").strip()
        if not value:
            raise ValueError(f"store.secret refers to the environment variable {where}, which is not set")
        return value.encode()
    path = Path(where)
    if not path.exists():
        _make_secret(path)
    value = path.read_text(encoding="utf-8").strip()
    if len(value) < _SHORTEST_SECRET:
        raise ValueError(f"store.secret: {path} holds fewer than {_SHORTEST_SECRET} characters; put a long random text in it")
    return value.encode()


def _make_secret(path: Path) -> None:
    """Written aside and linked into place: two processes that start together agree on one of the two."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.touch(mode=0o600, exist_ok=False)
    aside.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
    with contextlib.suppress(FileExistsError):
        os.link(aside, path)
    aside.unlink()


def key(secret: bytes, person: touchpoint.Recipient | None) -> str | None:
    """The person's key: HMAC-SHA256 of the normalised e-mail, or else of the E.164 phone; None when there is neither."""
    if person is None:
        return None
    identity = normal_email(person.email) or normal_phone(person.phone)
    return None if identity is None else hmac.new(secret, identity.encode(), hashlib.sha256).hexdigest()


def normal_email(address: str) -> str | None:
    """Lower-cased, compatibility-normalised, domain in its ASCII form; None for what has no shape of an address."""
    text = unicodedata.normalize("NFKC", address).strip().casefold()
    local, at, domain = text.rpartition("@")
    if not (local and at and "." in domain) or any(c.isspace() for c in text):
        return None
    try:
        return f"mailto:{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None


def normal_phone(number: str, region: str = "FI") -> str | None:
    """E.164 with a scheme in front; None for what is no number."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return f"tel:{phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)}"


def ids(tx: sa.Connection, keys: Iterable[str]) -> dict[str, int]:
    """Key → person id, with rows made for those not met before."""
    wanted = sorted(set(keys))
    rows.insert_new(tx, PERSON, [{"key": one, "opted_out_by": ""} for one in wanted])
    found: dict[str, int] = {}
    for chunk in rows.chunks(wanted):
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


def last_asked(tx: sa.Connection, person_ids: Iterable[int]) -> dict[int, datetime]:
    """Person id → when they were (or are planned to be) asked last; the latest counts, across everything."""
    found: dict[int, datetime] = {}
    for chunk in rows.chunks(sorted(set(person_ids))):
        query = (
            sa.select(_DECISION.c.person_id, sa.func.max(_DECISION.c.asked_at))
            .where(_DECISION.c.person_id.in_(chunk), _DECISION.c.asked_at.is_not(None))
            .group_by(_DECISION.c.person_id)
        )
        found.update((i, at) for i, at in tx.execute(query))
    return found


def opt_out(tx: sa.Connection, person_id: int, at: datetime, by: str) -> bool:
    """Note that the person said no; False when they already had."""
    changed = tx.execute(
        sa.update(PERSON)
        .where(PERSON.c.id == person_id, PERSON.c.opted_out_at.is_(None))
        .values(opted_out_at=at, opted_out_by=by)
    )
    return changed.rowcount == 1


def opted_out(tx: sa.Connection, person_ids: Iterable[int]) -> Mapping[int, datetime]:
    """Person id → when, for those who said no here."""
    return {i: at for i, at in lock(tx, person_ids).items() if at is not None}
