"""Who sees and edits which column: field-level security of profile, permission sets, and the fault that hides a field."""

from sandbox.salesforce.org import Org

_Pairs = frozenset[tuple[str, str]]


def _assigned(org: Org, user_id: str) -> frozenset[str]:
    rows = org.store.table("PermissionSetAssignment").rows.values()
    return frozenset(row["PermissionSetId"] for row in rows if row["AssigneeId"] == user_id)


def _granted(org: Org, user_id: str, right: str) -> _Pairs:
    assigned = _assigned(org, user_id)
    rows = org.store.table("FieldPermissions").rows.values()
    fields = {
        (row["SobjectType"], row["Field"].split(".", 1)[1]) for row in rows if row["ParentId"] in assigned and row.get(right)
    }
    objects = org.store.table("ObjectPermissions").rows.values()
    whole = {(row["SobjectType"], "") for row in objects if row["ParentId"] in assigned and row.get(right)}
    return frozenset(fields | whole)


def may_object(org: Org, user_id: str, entity: str, right: str) -> bool:
    """Whether the user may ``PermissionsCreate``, ``PermissionsEdit`` … on an object; those of the first day are open to all."""
    return (entity, "") not in org.needs_grant or (entity, "") in _granted(org, user_id, right)


def _by_fault(org: Org, kind: str, usual: str) -> _Pairs:
    fault = org.faults.peek(kind)
    if fault is None:
        return frozenset()
    named = fault.options.get("field", usual)
    pairs = set()
    for full_name in named.split(",") if isinstance(named, str) else named:
        kind, _, name = str(full_name).strip().partition(".")
        entity = org.schema.find(kind)
        column = entity.find(name) if entity else None
        if entity is not None and column is not None and column.permissionable:
            pairs.add((entity.name, column.name))
    return frozenset(pairs)


def hidden(org: Org, user_id: str) -> _Pairs:
    """(object, field) pairs that look nonexistent to the user; an empty field means the whole object."""
    ungranted = frozenset(org.needs_grant) - _granted(org, user_id, "PermissionsRead") if org.needs_grant else frozenset()
    return ungranted | _by_fault(org, "hide_field", "Contact.HasOptedOutOfEmail")


def read_only(org: Org, user_id: str) -> _Pairs:
    """Pairs that the user sees but cannot write."""
    locked = _by_fault(org, "read_only_field", "Case.Palaute_Score__c")
    if not org.needs_grant:
        return locked
    return locked | frozenset(org.needs_grant) - _granted(org, user_id, "PermissionsEdit")


def may(org: Org, user_id: str, permission: str) -> bool:
    """Whether a profile or permission set gives the user ``PermissionsXyz``."""
    if org.faults.peek(f"without_{permission}"):
        return False
    user = org.store.get("User", user_id) or {}
    profile = org.store.get("Profile", user.get("ProfileId", "")) or {}
    sets = (org.store.get("PermissionSet", identifier) or {} for identifier in _assigned(org, user_id))
    return bool(profile.get(permission)) or any(row.get(permission) for row in sets)
