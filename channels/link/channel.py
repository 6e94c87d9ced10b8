"""The link channel: sends nothing. The invitation exists, its link is on the record, and whoever works there hands it on."""

from collections.abc import Sequence

from channels import base
from triggers import touchpoint
from wire import finding

_RECORD = "record"


class LinkChannel(base.Channel):
    """Reaches everybody whom a record concerns, through the people who work with it."""

    name = "link"
    repeatable = True

    def address(self, person: touchpoint.Recipient) -> str | None:
        """The word ``record``: no address of the person is needed, but there must be somebody."""
        return _RECORD if person.record or person.name or person.email or person.phone else None

    def send(self, message: base.Message) -> base.Receipt:
        """Nothing is to be done: the link went to the record when the invitation was made."""
        return base.Receipt(reference=self.reference(message.key), response="the link is on the record")

    def reference(self, key: str) -> str:
        """Only for the ledger: nobody reports on it."""
        return key

    def check(self) -> Sequence[finding.Finding]:
        """The fields for links are looked at with the others of ``[mapping.write]``."""
        subject = f"channels.{self.name}"
        return [finding.Finding(subject=subject, grade=finding.Grade.GOOD, message="links are put onto records, nothing is sent")]

    def close(self) -> None:
        """Nothing to give back."""
