"""The tables. Uniqueness lives here, as constraints, so that no step can do a thing twice.

Instants are aware and stored as UTC (SQLModel refuses naive ones). Columns that hold personal data can be
emptied (store/forgetting.py does), and no log ever prints them.
"""

from store.tables.answering import Answer, FieldUpdate
from store.tables.asking import Invitation, Message
from store.tables.journey import Decision, Event, RuleVersion, Touchpoint
from store.tables.outside import Bookmark, Health
from store.tables.people import Person, PersonKey, Refusal

__all__ = [
    "Answer",
    "Bookmark",
    "Decision",
    "Event",
    "FieldUpdate",
    "Health",
    "Invitation",
    "Message",
    "Person",
    "PersonKey",
    "Refusal",
    "RuleVersion",
    "Touchpoint",
]
