"""The person's own record may be told that an address does not work; nothing else goes there."""

import pytest

from settings import load
from tests.settings import conftest

TABLE = '\n[mapping.write.acme.Contact]\nMail_Problem__c = "{}"\n'


def test_a_field_of_the_contact_takes_the_problem(write: conftest.Write) -> None:
    settings = load.load(write(conftest.GOOD + TABLE.format("address_problem")))
    assert settings.mapping.write["acme"]["Contact"] == {"Mail_Problem__c": "address_problem"}


@pytest.mark.parametrize("part", ["score", "comment", "verdict"])
def test_answers_do_not_go_onto_the_contact(broken: conftest.Break, part: str) -> None:
    (problem,) = broken(text=conftest.GOOD + TABLE.format(part))
    assert (problem.section, problem.key) == ("mapping.write.acme.Contact", "Mail_Problem__c")
    assert problem.expected.startswith('should be "address_problem"')
