"""GET on metadata: definitions of tables, columns, keys, relationships, with $select, $filter and $expand of their own."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from sandbox.dataverse import exchange, refusal, schema, session
from sandbox.dataverse.metadata import documents
from sandbox.dataverse.metadata.documents import Document
from sandbox.dataverse.operations import address
from sandbox.dataverse.queries import filters, odata, operands, parser

_NUMBERS = frozenset({"ObjectTypeCode", "MaxLength", "MinValue", "MaxValue", "Precision", "ColumnNumber", "SourceType"})
_FLAGS = ("Is", "Can", "Has", "ChangeTracking")
_COLLECTIONS = ("Attributes", "Keys", "OneToManyRelationships", "ManyToOneRelationships", "ManyToManyRelationships")


class DocumentScope:
    """What names mean in a condition over metadata."""

    user = ""

    @property
    def clock(self) -> Callable[[], datetime]:
        """The machine's time; metadata has no dates."""
        return lambda: datetime.now(UTC)

    def operand(self, steps: tuple[str, ...]) -> operands.Operand:
        """A property of the document, perhaps inside another."""
        name = steps[0]
        edm = "Edm.String"
        if name in _NUMBERS:
            edm = "Edm.Int32"
        elif name == "MetadataId":
            edm = "Edm.Guid"
        elif name.startswith(_FLAGS) or (name == "RequiredLevel" and steps[-1] == "CanBeChanged"):
            edm = "Edm.Boolean"

        def get(document: Document) -> Any:
            value: Any = document
            for step in steps:
                value = value.get(step) if isinstance(value, dict) else None
            return value

        return operands.Operand(get, edm, name)

    def attribute(self, steps: tuple[str, ...]) -> operands.Operand:
        """As ``operand``."""
        return self.operand(steps)

    def rows(self, steps: tuple[str, ...], variable: str) -> tuple[Callable[[Document], Iterable[Document]], operands.Scope]:
        """Metadata has no lambdas."""
        raise refusal.bad_query(f"any and all are not supported over metadata ({'/'.join(steps)}, {variable}).")


class Describing:
    """Answers metadata queries of one call."""

    def __init__(self, call: session.Session) -> None:
        self._call = call
        self._schema = call.schema

    def get(self, path: list[address.Segment]) -> exchange.Answer:
        """Answer a GET below EntityDefinitions, RelationshipDefinitions or GlobalOptionSetDefinitions."""
        first = path[0]
        context = f"{self._call.root}$metadata#{first.name}"
        if first.name == "RelationshipDefinitions":
            return self._pick(self._relationships(), path, context, "SchemaName")
        if first.name == "GlobalOptionSetDefinitions":
            return self._pick([], path, context, "Name")
        if first.key is None:
            found = [documents.entity(self._schema, table) for table in self._schema.tables.values()]
            return self._list(found, context)
        table = self.table(first.key)
        if len(path) == 1:
            return self._one(documents.entity(self._schema, table), context, table)
        found = self.children(table, path[1].name)
        return self._pick(found, path[1:], f"{context}('{table.name}')/{path[1].name}", "LogicalName", table)

    def table(self, key: str) -> schema.Table:
        """The table that ``LogicalName='incident'`` or a MetadataId names."""
        node = parser.Parser(key.partition("=")[2] or key).whole()
        wanted = str(node.value) if isinstance(node, odata.Literal) else ""
        for table in self._schema.tables.values():
            if wanted in (table.name, schema.metadata_id(table.name)):
                return table
        raise refusal.Refusal(404, "0x80060888", f"Could not find an entity with name {wanted} in the metadata cache.")

    def children(self, table: schema.Table, name: str) -> list[Document]:
        """A table's columns, keys or relationships, by the name of the collection."""
        if name == "Attributes":
            shown = (column for column in table.columns.values() if f"{table.name}.{column.name}" not in self._call.hidden)
            return [self._attribute(table, column) for column in shown]
        if name == "Keys":
            return [documents.key(table, key) for key in table.keys.values()]
        if name == "ManyToOneRelationships":
            return [documents.one_to_many(self._schema, relationship) for relationship in table.single.values()]
        if name == "OneToManyRelationships":
            return [documents.one_to_many(self._schema, relationship) for relationship in table.collections.values()]
        if name == "ManyToManyRelationships":
            return [documents.many_to_many(self._schema, intersect) for intersect in table.many.values()]
        raise refusal.no_segment(name)

    def _attribute(self, table: schema.Table, column: schema.Column) -> Document:
        made = documents.attribute(self._schema, table, column)
        if f"{table.name}.{column.name}" in self._call.blank:
            made["IsSecured"] = True
        if column.kind in schema.CHOICES or column.kind is schema.Kind.BOOLEAN:
            made["OptionSet"] = documents.option_set(table, column)
            made["GlobalOptionSet"] = None
        return made

    def _relationships(self) -> list[Document]:
        found = [documents.one_to_many(self._schema, relationship) for relationship in self._schema.relationships.values()]
        return found + [documents.many_to_many(self._schema, intersect) for intersect in self._schema.intersects.values()]

    def _pick(
        self, found: list[Document], path: list[address.Segment], context: str, name: str, table: schema.Table | None = None
    ) -> exchange.Answer:
        casts = [segment for segment in path if segment.name.startswith(documents.PREFIX)]
        if casts:
            kinds = {f"#{casts[0].name}"}
            found = [document for document in found if document.get("@odata.type") in kinds]
            context += f"/{casts[0].name}"
        key = next((segment.key for segment in path if segment.key is not None), None)
        if key is None:
            return self._list(found, context)
        node = parser.Parser(key.partition("=")[2] or key).whole()
        wanted = node.value if isinstance(node, odata.Literal) else None
        for document in found:
            if wanted in (document.get(name), document.get("SchemaName"), document["MetadataId"]):
                rest = [segment for segment in path[1:] if not segment.name.startswith(documents.PREFIX)]
                if rest:
                    return self._inside(document, rest[0].name, context)
                return self._one(document, context)
        raise refusal.Refusal(404, "0x80060888", f"Could not find '{wanted}' in the metadata cache.")

    def _inside(self, document: Document, name: str, context: str) -> exchange.Answer:
        if name not in document:
            raise refusal.no_segment(name)
        value = document[name]
        body = value if isinstance(value, dict) else {"value": value}
        return exchange.json_answer({"@odata.context": f"{context}/{name}", **body})

    def _list(self, found: list[Document], context: str) -> exchange.Answer:
        system = self._call.options.system
        if "$filter" in system:
            node = parser.Parser(system["$filter"], self._call.options.aliases).whole()
            test = filters.compile_condition(node, DocumentScope())
            found = [document for document in found if test(document)]
        shown = [self._shown(document, system.get("$select"), system.get("$expand")) for document in found]
        count = {"@odata.count": len(shown)} if system.get("$count") == "true" else {}
        return exchange.json_answer({"@odata.context": context, **count, "value": shown})

    def _one(self, document: Document, context: str, table: schema.Table | None = None) -> exchange.Answer:
        system = self._call.options.system
        shown = self._shown(document, system.get("$select"), system.get("$expand"))
        return exchange.json_answer({"@odata.context": f"{context}/$entity", **shown})

    def _shown(self, document: Document, select: str | None, expand: str | None) -> Document:
        wanted = {name.strip() for name in select.split(",")} if select else None
        if wanted is not None:
            unknown = wanted - document.keys()
            if unknown and document.get("@odata.type") is None:
                raise refusal.bad_query(
                    f"Could not find a property named '{min(unknown)}' on type 'Microsoft.Dynamics.CRM.EntityMetadata'."
                )
        made = {
            name: value
            for name, value in document.items()
            if (wanted is None or name in wanted or name in ("@odata.type", "MetadataId"))
            and name not in ("OptionSet", "GlobalOptionSet")
        }
        for part in odata.split(expand, ",") if expand else []:
            self._expand(document, part.strip(), made)
        return made

    def _expand(self, document: Document, part: str, into: Document) -> None:
        name, bracket, rest = part.partition("(")
        inner = dict(option.strip().split("=", 1) for option in odata.split(rest[:-1], ";")) if bracket else {}
        if name in ("OptionSet", "GlobalOptionSet") and name in document:
            into[name] = document[name]
            return
        if name not in _COLLECTIONS or "EntitySetName" not in document:
            raise refusal.bad_query(f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.EntityMetadata'.")
        children = self.children(self._schema.tables[document["LogicalName"]], name)
        if "$filter" in inner:
            node = parser.Parser(inner["$filter"], self._call.options.aliases).whole()
            test = filters.compile_condition(node, DocumentScope())
            children = [child for child in children if test(child)]
        into[name] = [self._shown(child, inner.get("$select"), inner.get("$expand")) for child in children]
