"""Versions, resources, and describe: what exists and what this user may do with it."""

from typing import Any

from sandbox.salesforce import errors, rights, schema
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import VERSIONS, Org

_SOAP = {
    "string": "xsd:string", "textarea": "xsd:string", "picklist": "xsd:string", "multipicklist": "xsd:string",
    "email": "xsd:string",
    "phone": "xsd:string", "url": "xsd:string", "boolean": "xsd:boolean", "double": "xsd:double", "currency": "xsd:double",
    "percent": "xsd:double", "address": "urn:address", "int": "xsd:int", "date": "xsd:date", "datetime": "xsd:dateTime",
    "id": "tns:ID",
    "reference": "tns:ID",
}  # fmt: skip
_PERSON_NAMES = ("FirstName", "LastName", "Salutation")
_STAMPS = ("Id", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp")
_NOT_USED = (
    "associateEntityType", "associateParentEntity", "defaultImplementation", "extendedBy", "extendsInterfaces", "implementedBy",
    "implementsInterfaces", "listviewable", "lookupLayoutable", "networkScopeFieldName", "sobjectDescribeOption",
)  # fmt: skip
"""Keys of describe that are null for every object here."""
_SEASONS = ("Winter", "Spring", "Summer")
_RESOURCES = ("sobjects", "query", "queryAll", "composite", "limits", "tooling", "jobs", "metadata", "search")


def versions(org: Org) -> Reply:
    """``GET /services/data/``: the only resource that needs no token."""
    listed = [
        {
            "label": _label(int(float(version))),
            "url": f"/services/data/v{version}",
            "version": version,
        }
        for version in VERSIONS
    ]
    return Reply(body=listed)


def _label(version: int) -> str:
    """The release that brought a version: three a year, 17.0 with Winter '10."""
    years, season = divmod(version - 17, 3)
    return f"{_SEASONS[season]} '{10 + years}"


def resources(org: Org, call: Call) -> Reply:
    """``GET /services/data/vNN.0``."""
    root = f"/services/data/v{call.version}"
    made = {name: f"{root}/{name}" for name in _RESOURCES}
    made["identity"] = f"{org.login_url}/id/{org.organization}/{call.session.user_id}"
    return Reply(body=made)


def entity_named(org: Org, name: str, user_id: str) -> schema.Entity:
    """An object by its name in a path. Raises NOT_FOUND, for an object that the user may not read too."""
    entity = org.schema.find(name)
    if entity is None or not rights.may_object(org, user_id, entity.name, "PermissionsRead"):
        raise errors.not_found()
    return entity


def everything(org: Org, call: Call) -> Reply:
    """``GET sobjects``."""
    hidden = rights.hidden(org, call.session.user_id)
    listed = [summary(org, call, entity) for entity in org.schema.entities.values() if (entity.name, "") not in hidden]
    return Reply(body={"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


def basic(org: Org, call: Call, name: str) -> Reply:
    """``GET sobjects/Case``: summary and recently seen records."""
    return Reply(body={"objectDescribe": summary(org, call, entity_named(org, name, call.session.user_id)), "recentItems": []})


def summary(org: Org, call: Call, entity: schema.Entity) -> dict[str, Any]:
    """What describe tells about an object without its fields."""
    root = f"/services/data/v{call.version}/sobjects/{entity.name}"
    createable, updateable, deletable = (
        open_to_all and rights.may_object(org, call.session.user_id, entity.name, right)
        for open_to_all, right in (
            (entity.createable, "PermissionsCreate"),
            (entity.updateable, "PermissionsEdit"),
            (entity.deletable, "PermissionsDelete"),
        )
    )
    return {
        "activateable": False, "createable": createable, "custom": entity.custom, "customSetting": False,
        "deepCloneable": False, "deletable": deletable, "deprecatedAndHidden": False, "feedEnabled": False,
        "hasSubtypes": False, "isInterface": False, "isSubtype": False, "keyPrefix": entity.prefix or None, "label": entity.label,
        "labelPlural": entity.plural, "layoutable": entity.createable, "mergeable": entity.name in ("Account", "Contact"),
        "mruEnabled": entity.createable, "name": entity.name, "queryable": True, "replicateable": True, "retrieveable": True,
        "searchable": entity.createable, "triggerable": entity.createable, "undeletable": entity.deletable,
        "updateable": updateable,
        "urls": {"sobject": root, "describe": f"{root}/describe", "rowTemplate": f"{root}/{{ID}}"},
    }  # fmt: skip


def whole(org: Org, call: Call, name: str) -> Reply:
    """``GET sobjects/Case/describe``, without the columns that field-level security hides from this user."""
    entity = entity_named(org, name, call.session.user_id)
    hidden, read_only = rights.hidden(org, call.session.user_id), rights.read_only(org, call.session.user_id)
    columns = [
        describe_field(column, writable=(entity.name, column.name) not in read_only)
        for column in entity.fields.values()
        if (entity.name, column.name) not in hidden
    ]
    children: list[dict[str, Any]] = [
        {"cascadeDelete": column.cascade, "childSObject": child.name, "deprecatedAndHidden": False, "field": column.name,
         "junctionIdListNames": [], "junctionReferenceTo": [], "relationshipName": relationship or None,
         "restrictedDelete": False}
        for relationship, child, column in org.schema.children(entity)
    ]  # fmt: skip
    body = summary(org, call, entity)
    body |= dict.fromkeys(_NOT_USED)
    body |= {
        "actionOverrides": [],
        "namedLayoutInfos": [],
        "compactLayoutable": True,
        "searchLayoutable": True,
        "fields": columns,
        "childRelationships": children,
        "recordTypeInfos": [],
        "supportedScopes": [{"label": "All", "name": "everything"}],
    }
    return Reply(body=body)


def describe_field(column: schema.Field, *, writable: bool) -> dict[str, Any]:
    """One column with every key that the real describe has."""
    numeric = column.type in schema.NUMERIC
    picks = [
        {"active": True, "defaultValue": value == column.default, "label": value, "validFor": None, "value": value}
        for value in column.values
    ]
    return {
        "aggregatable": column.filterable and column.type != "boolean", "aiPredictionField": False,
        "autoNumber": column.auto_number,
        "byteLength": column.length * 3 if column.type not in ("id", "reference") else 18, "calculated": False,
        "calculatedFormula": None, "cascadeDelete": column.cascade, "caseSensitive": False,
        "compoundFieldName": _compound(column),
        "controllerName": None, "createable": column.createable and writable, "custom": column.custom,
        "defaultValue": _default(column),
        "defaultValueFormula": None,
        "defaultedOnCreate": column.default is not None or column.type == "boolean" or column.name in _STAMPS,
        "dependentPicklist": False, "deprecatedAndHidden": False, "digits": column.precision if column.type == "int" else 0,
        "displayLocationInDecimal": False, "encrypted": False, "externalId": column.external_id, "extraTypeInfo": _extra(column),
        "filterable": column.filterable, "filteredLookupInfo": None, "formulaTreatNullNumberAsZero": False,
        "groupable": column.groupable,
        "highScaleNumber": False, "htmlFormatted": False, "idLookup": column.id_lookup, "inlineHelpText": column.description,
        "label": column.label,
        "length": column.length if not numeric else 0, "mask": None, "maskType": None, "name": column.name,
        "nameField": column.name in ("Name", "CaseNumber", "OrderNumber"), "namePointing": len(column.to) > 1,
        "nillable": column.nillable,
        "permissionable": column.permissionable, "picklistValues": picks, "polymorphicForeignKey": len(column.to) > 1,
        "precision": column.precision if column.type != "int" else 0, "queryByDistance": False, "referenceTargetField": None,
        "referenceTo": list(column.to), "relationshipName": column.relationship, "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": column.restricted, "scale": column.scale,
        "searchPrefilterable": column.type == "reference" and column.updateable and column.name != "OwnerId",
        "soapType": _SOAP.get(column.type, "xsd:string"),
        "sortable": column.sortable, "type": column.type, "unique": column.unique, "updateable": column.updateable and writable,
        "writeRequiresMasterRead": False,
    }  # fmt: skip


def _default(column: schema.Field) -> Any:
    if column.type == "boolean":
        return bool(column.default)
    return column.default or None if column.type == "picklist" else None


def _compound(column: schema.Field) -> str | None:
    for prefix in ("Billing", "Shipping", "Mailing"):
        if column.name.startswith(prefix) and column.compound is None:
            return f"{prefix}Address"
    return "Name" if column.name in _PERSON_NAMES else None


def _extra(column: schema.Field) -> str | None:
    if column.name in _PERSON_NAMES:
        return "personname"
    return "plaintextarea" if column.type == "textarea" else None
