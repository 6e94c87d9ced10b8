"""Variants: one survey in several wordings. The words of a person's variant are frozen on the invitation.

Called by invite (to freeze them), deliver and collect (to use them): mail, reminder and page say the same.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from surveys import survey
from triggers import rule

Words = Mapping[str, Mapping[str, str]]
"""``subject`` and ``question``, each by language; a part that is missing is said in the usual words."""


def words(rules: rule.Rules, name: str, variant: str) -> Words | None:
    """The wording of a rule's variant; None where it has no words of its own, or the rule is gone."""
    found = next((one for of in rules.rules if of.name == name for one in of.variants if one.name == variant), None)
    if found is None:
        return None
    said = {"subject": dict(found.subject), "question": dict(found.question)}
    return {part: by_language for part, by_language in said.items() if by_language} or None


def survey_of(asked: survey.Survey, said: Mapping[str, Any]) -> survey.Survey:
    """The survey with the variant's question; languages that it has no words for keep the survey's own."""
    question = said.get("question")
    return dataclasses.replace(asked, question={**asked.question, **question}) if question else asked


def subject(said: Mapping[str, Any], language: str) -> str:
    """The variant's subject line in this language; empty: the usual one."""
    return str((said.get("subject") or {}).get(language, ""))
