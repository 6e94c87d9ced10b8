"""Which of the asked columns are there for us.

Dataverse refuses a whole query for one column that does not exist. Optional columns and consent columns are left out
then, so that the mapping sees them as absent; any other needs a person. (A column hidden by column security comes as null.)
"""

from connectors import base, left_out
from connectors.dynamics import faults

_CONSENT = {"donotemail", "donotbulkemail", "donotphone", "donotsendmm"}


class Columns(left_out.LeftOut):
    """What is known to be missing, by table. Safe for threads."""

    def learn(self, asked: base.Watch | base.Look, fault: faults.Fault, used: frozenset[str]) -> bool:
        """Take note of the column that the fault names; whether asking again will do better.

        The fault names a column and its table, not the path that led there: all paths that end in the column and may be
        missing are left out, which at worst hides an optional value, or a consent, and then nobody is asked.
        """
        if fault.missing_column is None:
            return False
        column = fault.missing_column[0]
        below = [f"{child.relationship}.{path}" for child in asked.children for path in child.fields]
        ending = {path for path in (*asked.fields, *below) if path.rsplit(".", 1)[-1] == column}
        hidden = {path for path in ending if path in asked.optional or column in _CONSENT}
        self._leave_out(asked.object, hidden)
        return not hidden <= used
