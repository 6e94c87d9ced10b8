"""Tables, columns, keys and relationships as the metadata documents of the Web API (EntityDefinitions and friends)."""

import time
from typing import Any

from sandbox.dataverse import rights, schema

Document = dict[str, Any]
PREFIX = "Microsoft.Dynamics.CRM."
LANGUAGE = 1033
_SUFFIX = "AttributeMetadata"


def label(text: str) -> Document:
    """A label in one language."""
    localized = {
        "Label": text,
        "LanguageCode": LANGUAGE,
        "IsManaged": True,
        "MetadataId": schema.metadata_id("label", text),
        "HasChanged": None,
    }
    return {"LocalizedLabels": [localized], "UserLocalizedLabel": localized}


def managed(value: Any, name: str = "") -> Document:
    """A managed property."""
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": name}


def attribute(tables: schema.Schema, table: schema.Table, column: schema.Column) -> Document:
    """One column."""
    kind = str(column.kind)
    made: Document = {
        "@odata.type": f"#{PREFIX}{kind}{_SUFFIX}",
        "MetadataId": schema.metadata_id(table.name, column.name),
        "HasChanged": None,
        "LogicalName": column.name,
        "SchemaName": column.schema,
        "EntityLogicalName": table.name,
        "AttributeType": kind,
        "AttributeTypeName": {"Value": f"{kind}Type"},
        "AttributeOf": None,
        "ColumnNumber": list(table.columns).index(column.name) + 1,
        "DisplayName": label(column.label),
        "Description": label(column.description),
        "IsCustomAttribute": column.custom,
        "IsPrimaryId": column.name == table.key,
        "IsPrimaryName": column.name == table.primary_name,
        "IsValidForCreate": column.create,
        "IsValidForUpdate": column.update,
        "IsValidForRead": True,
        "IsValidForAdvancedFind": managed(True, "canmodifysearchsettings"),
        "IsValidODataAttribute": True,
        "IsFilterable": True,
        "IsSearchable": False,
        "IsSecured": column.secured,
        "CanBeSecuredForRead": column.custom,
        "CanBeSecuredForCreate": column.custom,
        "CanBeSecuredForUpdate": column.custom,
        "IsManaged": not column.custom,
        "IsLogical": False,
        "IsRetrievable": True,
        "IsRenameable": managed(True, "isrenameable"),
        "IsCustomizable": managed(True, "iscustomizable"),
        "IsAuditEnabled": managed(column.audited and column.auditable, "canmodifyauditsettings"),
        "RequiredLevel": managed(column.required, "canmodifyrequirementlevelsettings"),
        "DeprecatedVersion": None,
        "IntroducedVersion": "1.0.0.0" if column.custom else "5.0.0.0",
        "LinkedAttributeId": None,
        "SourceType": 0,
    }
    return made | _particulars(tables, column)


def _particulars(tables: schema.Schema, column: schema.Column) -> Document:
    kind = column.kind
    if kind in schema.TEXTS:
        shape = column.format or "Text"
        return {
            "MaxLength": column.length,
            "Format": shape,
            "FormatName": {"Value": shape},
            "ImeMode": "Auto",
            "IsLocalizable": False,
        }
    if kind is schema.Kind.DATETIME:
        behavior = {"Value": column.behavior}
        return {
            "Format": column.format,
            "DateTimeBehavior": behavior,
            "ImeMode": "Inactive",
            "CanChangeDateTimeBehavior": managed(True),
        }
    if kind in (schema.Kind.INTEGER, schema.Kind.BIGINT):
        return {"MinValue": column.minimum, "MaxValue": column.maximum, "Format": "None"}
    if kind in schema.FRACTIONS:
        return {"MinValue": column.minimum, "MaxValue": column.maximum, "Precision": column.precision, "ImeMode": "Disabled"}
    if kind in schema.LOOKUPS:
        return {"Targets": list(column.targets), "Format": "None"}
    if kind in schema.CHOICES or kind is schema.Kind.BOOLEAN:
        return {"DefaultValue" if kind is schema.Kind.BOOLEAN else "DefaultFormValue": column.default}
    return {}


def option_set(table: schema.Table, column: schema.Column) -> Document:
    """The choices of a column."""
    made: Document = {
        "MetadataId": schema.metadata_id("optionset", table.name, column.name),
        "Name": f"{table.name}_{column.name}",
        "DisplayName": label(column.label),
        "IsGlobal": False,
        "IsCustomOptionSet": column.custom,
        "OptionSetType": str(column.kind),
    }
    options = [_option(column, option) for option in column.options]
    if column.kind is schema.Kind.BOOLEAN:
        return {**made, "TrueOption": options[1] if len(options) > 1 else None, "FalseOption": options[0] if options else None}
    return {**made, "Options": options}


def _option(column: schema.Column, option: schema.Option) -> Document:
    made: Document = {
        "Value": option.value,
        "Label": label(option.label),
        "Description": label(""),
        "Color": None,
        "IsManaged": not column.custom,
    }
    if column.kind is schema.Kind.STATUS:
        made["State"] = option.state
    return made


def entity(tables: schema.Schema, table: schema.Table) -> Document:
    """One table without its columns."""
    return {
        "MetadataId": schema.metadata_id(table.name),
        "HasChanged": None,
        "LogicalName": table.name,
        "SchemaName": table.schema_name,
        "LogicalCollectionName": table.entity_set,
        "CollectionSchemaName": table.schema_name + "s",
        "EntitySetName": table.entity_set,
        "ObjectTypeCode": table.code,
        "PrimaryIdAttribute": table.key,
        "PrimaryNameAttribute": table.primary_name,
        "PrimaryImageAttribute": None,
        "DisplayName": label(table.label),
        "DisplayCollectionName": label(table.plural),
        "Description": label(""),
        "OwnershipType": table.ownership,
        "IsActivity": table.activity,
        "IsActivityParty": table.name in ("account", "contact", "systemuser", "queue"),
        "IsCustomEntity": table.custom,
        "IsIntersect": False,
        "IsManaged": not table.custom,
        "IsLogicalEntity": False,
        "IsPrivate": False,
        "IsEnabledForCharts": True,
        "IsValidForAdvancedFind": True,
        "IsStateModelAware": "statecode" in table.columns,
        "ChangeTrackingEnabled": table.tracked,
        "CanChangeTrackingBeEnabled": managed(table.ownership != "None", "canchangetrackingbeenabled"),
        "IsAuditEnabled": managed(table.audited, "canmodifyauditsettings"),
        "IsCustomizable": managed(True, "iscustomizable"),
        "CanCreateAttributes": managed(True, "cancreateattributes"),
        "HasActivities": "task" in {relationship.referencing for relationship in table.collections.values()},
        "HasNotes": False,
        "TableType": "Standard",
        "DataProviderId": None,
        "IntroducedVersion": "1.0.0.0" if table.custom else "5.0.0.0",
        "Privileges": privileges(table),
    }


def privileges(table: schema.Table) -> list[Document]:
    """What a role can hold on the table."""
    return [
        {
            "Name": rights.privilege_name(table, right),
            "PrivilegeId": schema.metadata_id("privilege", rights.privilege_name(table, right)),
            "PrivilegeType": right,
            "CanBeBasic": True,
            "CanBeLocal": True,
            "CanBeDeep": True,
            "CanBeGlobal": True,
            "CanBeEntityReference": False,
            "CanBeParentEntityReference": False,
        }
        for right in rights.RIGHTS
    ]


def key(table: schema.Table, made: schema.Key) -> Document:
    """One alternate key."""
    return {
        "MetadataId": schema.metadata_id("key", table.name, made.name),
        "HasChanged": None,
        "LogicalName": made.name,
        "SchemaName": made.schema_name,
        "EntityLogicalName": table.name,
        "KeyAttributes": list(made.columns),
        "DisplayName": label(made.schema_name),
        "EntityKeyIndexStatus": "Active" if time.monotonic() >= made.active_from else "Pending",
        "IsManaged": False,
        "IsCustomizable": managed(True, "iscustomizable"),
        "AsyncJob": None,
    }


def one_to_many(tables: schema.Schema, made: schema.Relationship) -> Document:
    """A lookup's relationship."""
    referenced = tables.tables[made.referenced]
    return {
        "@odata.type": f"#{PREFIX}OneToManyRelationshipMetadata",
        "MetadataId": schema.metadata_id("relationship", made.name),
        "HasChanged": None,
        "SchemaName": made.name,
        "RelationshipType": "OneToManyRelationship",
        "IsCustomRelationship": made.custom,
        "IsManaged": not made.custom,
        "ReferencedEntity": made.referenced,
        "ReferencedAttribute": referenced.key,
        "ReferencingEntity": made.referencing,
        "ReferencingAttribute": made.column,
        "ReferencedEntityNavigationPropertyName": made.collection,
        "ReferencingEntityNavigationPropertyName": made.single,
        "IsHierarchical": False,
        "IsCustomizable": managed(True, "iscustomizable"),
        "CascadeConfiguration": {
            "Assign": "NoCascade",
            "Delete": made.on_delete,
            "Merge": "NoCascade",
            "Reparent": "NoCascade",
            "Share": "NoCascade",
            "Unshare": "NoCascade",
            "RollupView": "NoCascade",
            "Archive": "NoCascade",
        },
    }


def many_to_many(tables: schema.Schema, made: schema.Intersect) -> Document:
    """A many-to-many relationship."""
    first, second = tables.tables[made.first], tables.tables[made.second]
    return {
        "@odata.type": f"#{PREFIX}ManyToManyRelationshipMetadata",
        "MetadataId": schema.metadata_id("relationship", made.name),
        "SchemaName": made.name,
        "RelationshipType": "ManyToManyRelationship",
        "Entity1LogicalName": made.first,
        "Entity1IntersectAttribute": first.key,
        "Entity1NavigationPropertyName": made.name,
        "Entity2LogicalName": made.second,
        "Entity2IntersectAttribute": second.key,
        "Entity2NavigationPropertyName": made.name,
        "IntersectEntityName": made.name,
        "IsCustomRelationship": False,
    }
