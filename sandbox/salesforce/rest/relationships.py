"""Records by the relationships of others: ``sobjects/Case/500…/Contact``, ``sobjects/Contact/003…/Cases``.

Source: REST API Developer Guide, "sObject Relationships": up to five levels towards parents, one towards children; parents
can be changed and deleted this way, children only be read.
"""

from sandbox.salesforce import errors, rights, schema
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import query, sobjects

_LEVELS = 5


def read(queries: query.Queries, org: Org, call: Call, name: str, identifier: str, path: str) -> Reply:
    """The parent, or all children as a query answers them."""
    entity, _ = sobjects.found(org, call, name, identifier)
    children = [(child, lookup) for called, child, lookup in org.schema.children(entity) if called.lower() == path.lower()]
    if children:
        child, lookup = children[0]
        columns = ", ".join(_columns(org, call, child))
        return queries.run(call, f"SELECT {columns} FROM {child.name} WHERE {lookup.name} = '{identifier}'")
    return sobjects.read(org, call, *_parent(org, call, name, identifier, path))


def update(org: Org, call: Call, name: str, identifier: str, path: str) -> Reply:
    """Change the parent."""
    return sobjects.update(org, call, *_parent(org, call, name, identifier, path))


def delete(org: Org, call: Call, name: str, identifier: str, path: str) -> Reply:
    """Delete the parent."""
    return sobjects.delete(org, call, *_parent(org, call, name, identifier, path))


def _columns(org: Org, call: Call, child: schema.Entity) -> list[str]:
    """Those that ``fields`` asks for, or all that this user sees."""
    if "fields" in call.query:
        return [name.strip() for name in call.query["fields"].split(",")]
    hidden = rights.hidden(org, call.session.user_id)
    return [name for name in child.fields if (child.name, name) not in hidden]


def _parent(org: Org, call: Call, name: str, identifier: str, path: str) -> tuple[str, str]:
    """Object and id at the end of the path. Raises NOT_FOUND, also where the lookup is empty."""
    steps = path.split("/")
    if len(steps) > _LEVELS:
        raise errors.not_found()
    for relationship in steps:
        entity, record = sobjects.found(org, call, name, identifier)
        lookup = entity.parent(relationship)
        target = record.get(lookup.name) if lookup is not None else None
        parent = org.schema.of_id(target) if target else None
        if parent is None or target is None:
            raise errors.not_found(f"The requested resource does not exist: {relationship}")
        name, identifier = parent.name, target
    return name, identifier
