"""Who may do what: privileges that security roles hold, and column security."""

from functools import cached_property

from sandbox.dataverse import refusal, schema
from sandbox.dataverse.rows import records

DEPTHS = ("", "Basic", "Local", "Deep", "Global")
RIGHTS = ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share")


def privilege_name(table: schema.Table, right: str) -> str:
    """``prvReadIncident``; activities share those of Activity."""
    if right == "Read" and table.read_privilege:
        return table.read_privilege
    return f"prv{right}{'Activity' if table.activity else table.schema_name}"


class Rights:
    """What one user may do, read from the roles it holds."""

    def __init__(self, store: records.Store, user: str) -> None:
        self._store = store
        self._user = user

    @cached_property
    def _depths(self) -> dict[str, str]:
        store = self._store
        roles = {role for user, role in store.links["systemuserroles_association"] if user == self._user}
        names = store.table("privilege").by_id
        found: dict[str, str] = {}
        for role, privilege in store.links["roleprivileges_association"]:
            if role in roles and privilege in names:
                depth = store.depths.get((role, privilege), "Global")
                name = names[privilege]["name"]
                found[name] = max(found.get(name, depth), depth, key=DEPTHS.index)
        return found

    def held(self) -> frozenset[str]:
        """Names of all privileges the user holds."""
        return frozenset(self._depths)

    def depth(self, privilege: str) -> str:
        """How far a privilege reaches: ``Basic`` (own rows), ``Local``, ``Deep`` or ``Global``; empty when it is not held."""
        return self._depths.get(privilege, "")

    @cached_property
    def administrator(self) -> bool:
        """True when the user holds the System Administrator role, which may do everything."""
        roles = self._store.table("role").by_id
        return any(
            roles[role]["name"] == "System Administrator"
            for user, role in self._store.links["systemuserroles_association"]
            if user == self._user and role in roles
        )

    def may(self, table: schema.Table, right: str) -> bool:
        """True when the user holds the privilege for this right on this table."""
        if self.administrator or (right == "Read" and table.ownership == "None" and not table.read_privilege):
            return True
        return privilege_name(table, right) in self.held()

    def need(self, table: schema.Table, right: str) -> None:
        """Refuse (0x80040220) when the privilege is not held."""
        if not self.may(table, right):
            unit = (self._store.get("systemuser", self._user) or {}).get("_businessunitid_value")
            name = privilege_name(table, right)
            raise refusal.Refusal(
                403,
                "0x80040220",
                f"Principal user (Id={self._user}, type=8, roleCount=1, privilegeCount=1, accessMode=4) is missing "
                f"{name} privilege (Id={schema.metadata_id('privilege', name)}) on OTC={table.code} for entity '{table.name}' "
                f"(LocalizedName='{table.label}'). context.Caller={self._user}. Consider adding missed privilege to one of the "
                f"principal (user/team) roles. businessUnit={unit}",
            )
