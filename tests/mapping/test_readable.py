"""What a CRM hides from us is found before anybody relies on it."""

from collections.abc import Iterable

import pytest

from connectors import base
from mapping import kind, readable
from tests.mapping import samples
from wire import finding

CASE = samples.source("salesforce", "case_closed")
RESOLVED = samples.source("dynamics", "case_closed")


def described(name: str, columns: Iterable[str]) -> base.Description:
    fields = {column: base.Field(name=column, type="string", writable=True) for column in columns}
    return base.Description(object=name, fields=fields)


def seen(source: kind.Source, person: Iterable[str], *, without: str = "") -> dict[str, base.Description]:
    """The descriptions of a user who sees all columns of the watched row but one, and these of the person."""
    own = [path.removeprefix("_").removesuffix("_value") for path in source.paths if "." not in path and path != without]
    return {source.object: described(source.object, own), source.person[0].object: described("x", person)}


SALESFORCE = seen(CASE, ["HasOptedOutOfEmail"])


def test_what_can_be_read_is_one_good_finding_for_each_source() -> None:
    (found,) = readable.check("acme", [CASE], SALESFORCE)
    assert (found.grade, found.subject) == (finding.Grade.GOOD, "connectors.acme: source case_closed")


def test_a_dataverse_lookup_is_known_by_its_plain_name() -> None:
    (found,) = readable.check("nordic", [RESOLVED], seen(RESOLVED, ["donotemail", "donotbulkemail"]))
    assert found.grade is finding.Grade.GOOD


@pytest.mark.parametrize(
    ("descriptions", "words"),
    [
        (seen(CASE, []), "the opt-out column Contact.HasOptedOutOfEmail cannot be read, so nobody will be asked"),
        ({"Case": SALESFORCE["Case"]}, "the opt-out column Contact.HasOptedOutOfEmail cannot be read"),
        (seen(CASE, ["HasOptedOutOfEmail"], without="ClosedDate"), "Case.ClosedDate does not exist"),
        ({"Contact": SALESFORCE["Contact"]}, "Case does not exist"),
    ],
)
def test_what_cannot_be_read_is_told_with_a_remedy(descriptions: dict[str, base.Description], words: str) -> None:
    (found,) = readable.check("acme", [CASE], descriptions)
    assert found.grade is finding.Grade.WRONG
    assert words in found.message
    assert found.remedy


def test_an_optional_column_may_be_hidden() -> None:
    (found,) = readable.check("acme", [CASE], seen(CASE, ["HasOptedOutOfEmail"], without="Type"))
    assert found.grade is finding.Grade.GOOD


def test_every_object_is_described_once() -> None:
    assert readable.objects([CASE, RESOLVED]) == ("Case", "Contact", "incidentresolution", "incident", "contact")
