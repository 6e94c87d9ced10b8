"""The tables. Uniqueness lives here, as constraints, so that no step can do a thing twice.

Instants are aware and stored as UTC (SQLModel refuses naive ones). Columns that hold personal data can be
emptied (store/forgetting.py does), and no log ever prints them.
"""

from store.tables.answering import Answer, Fetch, FieldUpdate, Tap
from store.tables.asking import Invitation, Message, Place
from store.tables.journey import Decision, Event, RuleVersion, Touchpoint
from store.tables.outside import Bookmark, Health, Tally
from store.tables.people import BadAddress, Person, PersonKey, Refusal

__all__ = [
    "Answer",
    "BadAddress",
    "Bookmark",
    "Decision",
    "Event",
    "Fetch",
    "FieldUpdate",
    "Health",
    "Invitation",
    "Message",
    "Person",
    "PersonKey",
    "Place",
    "Refusal",
    "RuleVersion",
    "Tally",
    "Tap",
    "Touchpoint",
]
