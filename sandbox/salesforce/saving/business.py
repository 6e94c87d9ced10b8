"""What the service does by itself when a record is saved: derived columns, numbers, history rows, rules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce import errors, records
from sandbox.salesforce.objects import sales, service
from sandbox.salesforce.org import Org
from sandbox.salesforce.saving import history

Rule = Callable[["Save"], None]


@dataclass
class Save:
    """One record on its way into the store; rules change ``after``."""

    org: Org
    entity: str
    before: records.Record | None
    """None on insert."""
    after: records.Record
    user: str
    now: str
    imported: bool = False
    """Of a record that was there before anybody tracked its history: it has no row that tells of its making."""
    comment: str | None = None
    """What was written to the helper column of a case: it becomes a row of its own."""

    def __post_init__(self) -> None:
        self.comment = self.after.pop("Comments", None)

    def changed(self, name: str) -> bool:
        """Whether this column's value is new."""
        return self.before is None or self.before.get(name) != self.after.get(name)

    def set(self, name: str, value: Any) -> None:
        """Give a column its value; null is absence."""
        if value is None:
            self.after.pop(name, None)
        else:
            self.after[name] = value


def before_save(save: Save) -> None:
    """Derive columns and hold the object's own rules. Raises RowRefused."""
    rule = _BEFORE.get(save.entity)
    if rule is not None:
        rule(save)


def after_save(save: Save) -> None:
    """Write the rows that follow from this one."""
    if save.before is not None or not save.imported:
        history.note(save.org, save.entity, save.before, save.after, (save.user, save.now))
    rule = _AFTER.get(save.entity)
    if rule is not None:
        rule(save)


def system_row(org: Org, entity: str, values: records.Record, user: str, now: str) -> str:
    """Insert a row that the service itself makes; answers its id."""
    identifier = org.identifiers.make(org.schema.entities[entity].prefix)
    stamps = {"CreatedDate": now, "LastModifiedDate": now, "SystemModstamp": now, "CreatedById": user, "LastModifiedById": user}
    org.store.put(entity, {"Id": identifier, **values, **stamps})
    return identifier


def _person_name(save: Save) -> None:
    after = save.after
    after["Name"] = " ".join(part for part in (after.get("FirstName"), after.get("LastName")) if part)


def _contact(save: Save) -> None:
    _person_name(save)
    save.set("IsEmailBounced", True if save.after.get("EmailBouncedDate") else None)


def _number(org: Org, entity: str) -> str:
    """The next CaseNumber or OrderNumber: eight digits."""
    org.auto_numbers[entity] += 1
    return f"{org.auto_numbers[entity]:08d}"


def _case(save: Save) -> None:
    """Status decides IsClosed; ClosedDate is the moment of closing and goes when the case is re-opened."""
    after = save.after
    if save.before is None:
        after["CaseNumber"] = _number(save.org, "Case")
    contact = save.org.store.latest("Contact", after.get("ContactId", ""))
    if contact is not None and save.changed("ContactId") and not after.get("AccountId"):
        save.set("AccountId", contact.get("AccountId"))
    closed = service.STATUSES.get(after.get("Status", ""), False)
    was_closed = bool(save.before and save.before.get("IsClosed"))
    save.set("IsClosed", True if closed else None)
    if not closed:
        save.set("ClosedDate", None)
    elif not was_closed:
        after["ClosedDate"] = save.now
        save.set("IsClosedOnCreate", True if save.before is None else None)


def _case_after(save: Save) -> None:
    if save.comment is not None:
        system_row(save.org, "CaseComment", {"ParentId": save.after["Id"], "CommentBody": save.comment}, save.user, save.now)


def _opportunity(save: Save) -> None:
    """StageName decides IsClosed, IsWon, Probability and ForecastCategory; a new stage sets LastStageChangeDate."""
    probability, closed, won = sales.STAGES.get(save.after["StageName"], (0, False, False))
    save.set("IsClosed", True if closed else None)
    save.set("IsWon", True if won else None)
    if save.changed("StageName"):
        if not save.changed("Probability") or save.after.get("Probability") is None:
            save.after["Probability"] = float(probability)
        if save.before is not None:
            save.after["LastStageChangeDate"] = save.now
    category = "Closed" if won else "Omitted" if closed else "Pipeline" if probability < 80 else "BestCase"
    save.after["ForecastCategory"] = category


def _opportunity_after(save: Save) -> None:
    if save.before is None and save.after.get("ContactId"):
        role = {"OpportunityId": save.after["Id"], "ContactId": save.after["ContactId"], "IsPrimary": True}
        system_row(save.org, "OpportunityContactRole", role, save.user, save.now)
    if any(save.changed(name) for name in ("StageName", "Amount", "Probability", "CloseDate")):
        names = ("StageName", "Amount", "Probability", "CloseDate")
        values = {name: save.after[name] for name in names if name in save.after}
        system_row(save.org, "OpportunityHistory", {"OpportunityId": save.after["Id"], **values}, save.user, save.now)


def _line_item(save: Save) -> None:
    """The opportunity knows that it has products."""
    parent = save.org.store.latest("Opportunity", save.after["OpportunityId"])
    if parent is not None and not parent.get("HasOpportunityLineItem"):
        save.org.store.put("Opportunity", {**parent, "HasOpportunityLineItem": True})


def _primary_role(save: Save) -> None:
    """At most one primary contact per opportunity."""
    if not save.after.get("IsPrimary"):
        return
    for row in save.org.store.table("OpportunityContactRole").having("OpportunityId", save.after["OpportunityId"]):
        if row.get("IsPrimary") and row["Id"] != save.after["Id"]:
            plain = {key: value for key, value in row.items() if key != "IsPrimary"}
            save.org.store.put("OpportunityContactRole", {**plain, "LastModifiedDate": save.now, "SystemModstamp": save.now})


def _order(save: Save) -> None:
    """Status decides StatusCode; the way from Draft to Activated stamps ActivatedDate; an order is born as a draft."""
    after = save.after
    if save.before is None:
        after["OrderNumber"] = _number(save.org, "Order")
        after.setdefault("TotalAmount", 0.0)
    code = sales.ORDER_STATUSES.get(after.get("Status", ""), "Draft")
    before = save.before.get("StatusCode") if save.before else None
    if before is None and code == "Activated":
        raise errors.RowRefused(
            "FAILED_ACTIVATION", "Choose a valid order status and save your changes. Ask your Salesforce admin for help."
        )
    if code == "Activated" and before == "Draft":
        after["ActivatedDate"] = save.now
        after["ActivatedById"] = save.user
    elif code == "Draft":
        save.set("ActivatedDate", None)
        save.set("ActivatedById", None)
    after["StatusCode"] = code


def _task(save: Save) -> None:
    save.set("IsClosed", True if save.after.get("Status") == "Completed" else None)


def _permission_set(save: Save) -> None:
    save.after.setdefault("Type", "Regular")
    save.set("IsCustom", True)


def _field_permission(save: Save) -> None:
    """Only for fields that exist and that can be hidden; editing needs reading; one row per set and field."""
    after = save.after
    kind, _, name = after["Field"].partition(".")
    entity = save.org.schema.find(after["SobjectType"])
    if entity is None:
        message = f"Sobject Type Name: bad value for restricted picklist field: {after['SobjectType']}"
        raise errors.RowRefused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ["SobjectType"])
    column = entity.find(name) or entity.find(name + "Id")
    if kind.lower() != entity.name.lower() or column is None or not column.permissionable:
        message = f"Field Name: bad value for restricted picklist field: {after['Field']}"
        raise errors.RowRefused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ["Field"])
    if after.get("PermissionsEdit") and not after.get("PermissionsRead"):
        raise errors.RowRefused("FIELD_INTEGRITY_EXCEPTION", "Edit permission requires read permission", ["PermissionsEdit"])
    after["SobjectType"], after["Field"] = entity.name, f"{entity.name}.{column.name}"
    for row in save.org.store.table("FieldPermissions").rows.values():
        same = row["ParentId"] == after["ParentId"] and row["Field"] == after["Field"]
        if same and row["Id"] != after["Id"]:
            raise errors.RowRefused(
                "DUPLICATE_VALUE", f"duplicate value found: <unknown> duplicates value on record with id: {row['Id']}"
            )


def _field_permission_after(save: Save) -> None:
    """A row that shows nothing is deleted."""
    if not save.after.get("PermissionsRead"):
        save.org.store.drop("FieldPermissions", save.after["Id"])


_BEFORE: dict[str, Rule] = {
    "Case": _case, "Contact": _contact, "Individual": _person_name, "User": _person_name, "Opportunity": _opportunity,
    "Order": _order, "Task": _task, "PermissionSet": _permission_set,
    "FieldPermissions": _field_permission,
}  # fmt: skip
_AFTER: dict[str, Rule] = {
    "Case": _case_after,
    "Opportunity": _opportunity_after,
    "OpportunityContactRole": _primary_role,
    "OpportunityLineItem": _line_item,
    "FieldPermissions": _field_permission_after,
}
