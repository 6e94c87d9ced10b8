"""``$metadata``: the organisation's entity data model as CSDL 4.0."""

from xml.etree import ElementTree

from sandbox.dataverse import schema
from sandbox.dataverse.rows import values

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_NAMESPACE = "Microsoft.Dynamics.CRM"


def document(tables: schema.Schema, hidden: frozenset[str] = frozenset()) -> bytes:
    """The whole document, without what is hidden from the caller."""
    ElementTree.register_namespace("edmx", _EDMX)
    ElementTree.register_namespace("", _EDM)
    root = ElementTree.Element(f"{{{_EDMX}}}Edmx", Version="4.0")
    services = ElementTree.SubElement(root, f"{{{_EDMX}}}DataServices")
    model = _add(services, "Schema", Namespace=_NAMESPACE, Alias="mscrm")
    base = _add(model, "EntityType", Name="crmbaseentity", Abstract="true")
    base.set("OpenType", "false")
    principal = _add(model, "EntityType", Name="principal", BaseType="mscrm.crmbaseentity")
    _add(_add(principal, "Key"), "PropertyRef", Name="ownerid")
    _add(principal, "Property", Name="ownerid", Type="Edm.Guid")
    container = ElementTree.Element(f"{{{_EDM}}}EntityContainer", Name="System")
    for table in tables.tables.values():
        _entity_type(model, tables, table, hidden)
        _entity_set(container, table)
    for table in tables.tables.values():
        _bulk_actions(model, table)
    _actions(model, container)
    model.append(container)
    return b'<?xml version="1.0" encoding="utf-8"?>' + ElementTree.tostring(root)


def _add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, f"{{{_EDM}}}{tag}", attributes)


def _entity_type(model: ElementTree.Element, tables: schema.Schema, table: schema.Table, hidden: frozenset[str]) -> None:
    made = _add(model, "EntityType", Name=table.name, BaseType="mscrm.crmbaseentity")
    _add(_add(made, "Key"), "PropertyRef", Name=table.key)
    for column in table.columns.values():
        if f"{table.name}.{column.name}" in hidden:
            continue
        shown = _add(made, "Property", Name=column.wire, Type=values.edm(column))
        if column.kind in schema.TEXTS:
            shown.set("Unicode", "false")
        if column.name == table.key:
            shown.set("Nullable", "false")
    for relationship in table.single.values():
        link = _add(made, "NavigationProperty", Name=relationship.single, Type=f"mscrm.{relationship.referenced}")
        link.set("Partner", relationship.collection)
        wire = table.columns[relationship.column].wire
        _add(link, "ReferentialConstraint", Property=wire, ReferencedProperty=tables.tables[relationship.referenced].key)
    if "ownerid" in table.columns:
        link = _add(made, "NavigationProperty", Name="ownerid", Type="mscrm.principal")
        _add(link, "ReferentialConstraint", Property="_ownerid_value", ReferencedProperty="ownerid")
    for relationship in table.collections.values():
        kind = f"Collection(mscrm.{relationship.referencing})"
        _add(made, "NavigationProperty", Name=relationship.collection, Type=kind, Partner=relationship.single)
    for name, intersect in table.many.items():
        other = intersect.second if intersect.first == table.name else intersect.first
        _add(made, "NavigationProperty", Name=name, Type=f"Collection(mscrm.{other})", Partner=name)


def _entity_set(container: ElementTree.Element, table: schema.Table) -> None:
    made = _add(container, "EntitySet", Name=table.entity_set, EntityType=f"{_NAMESPACE}.{table.name}")
    made.set("IncludeInServiceDocument", "true")


def _bulk_actions(model: ElementTree.Element, table: schema.Table) -> None:
    """The messages for many rows, bound to the entity set."""
    rows = f"Collection(mscrm.{table.name})"
    for name in ("CreateMultiple", "UpdateMultiple", "UpsertMultiple") if table.bulk else ():
        action = _add(model, "Action", Name=name, IsBound="true")
        _add(action, "Parameter", Name="entityset", Type=rows, Nullable="false")
        _add(action, "Parameter", Name="Targets", Type=rows, Nullable="false")
        if name == "CreateMultiple":
            _add(action, "ReturnType", Type="mscrm.CreateMultipleResponse", Nullable="false")


_UNBOUND = (
    ("CloseIncident", (("IncidentResolution", "mscrm.incidentresolution"), ("Status", "Edm.Int32"))),
    ("WinOpportunity", (("OpportunityClose", "mscrm.opportunityclose"), ("Status", "Edm.Int32"))),
    ("LoseOpportunity", (("OpportunityClose", "mscrm.opportunityclose"), ("Status", "Edm.Int32"))),
    ("FulfillSalesOrder", (("OrderClose", "mscrm.orderclose"), ("Status", "Edm.Int32"))),
    ("CancelSalesOrder", (("OrderClose", "mscrm.orderclose"), ("Status", "Edm.Int32"))),
    (
        "Merge",
        (("Target", "mscrm.crmbaseentity"), ("Subordinate", "mscrm.crmbaseentity"), ("PerformParentingChecks", "Edm.Boolean")),
    ),
)


def _actions(model: ElementTree.Element, container: ElementTree.Element) -> None:
    for name, parameters in _UNBOUND:
        action = _add(model, "Action", Name=name)
        for parameter, kind in parameters:
            _add(action, "Parameter", Name=parameter, Type=kind, Nullable="false")
        _add(container, "ActionImport", Name=name, Action=f"{_NAMESPACE}.{name}")
    answer = _add(model, "ComplexType", Name="WhoAmIResponse")
    for name in ("BusinessUnitId", "UserId", "OrganizationId"):
        _add(answer, "Property", Name=name, Type="Edm.Guid", Nullable="false")
    created = _add(model, "ComplexType", Name="CreateMultipleResponse")
    _add(created, "Property", Name="Ids", Type="Collection(Edm.Guid)")
    function = _add(model, "Function", Name="WhoAmI")
    _add(function, "ReturnType", Type="mscrm.WhoAmIResponse", Nullable="false")
    _add(container, "FunctionImport", Name="WhoAmI", Function=f"{_NAMESPACE}.WhoAmI")
