"""Sends one operation where it belongs: tables, metadata, actions and functions."""

import re
from collections.abc import Callable
from typing import Any

import orjson

from sandbox import base
from sandbox.dataverse import exchange, preferences, refusal, session, verbosity
from sandbox.dataverse.metadata import cached, csdl, definitions, describing, relating
from sandbox.dataverse.operations import address, batch, bulk, changing, reading
from sandbox.dataverse.queries import odata
from sandbox.dataverse.rows import audit_details, records

_METADATA = frozenset({"EntityDefinitions", "RelationshipDefinitions", "GlobalOptionSetDefinitions"})
_PREFIX = "Microsoft.Dynamics.CRM."
_ENUM = re.compile(r"^Microsoft\.Dynamics\.CRM\.\w+(?=')")
"""What stands before the quoted member of an enumeration: ``Microsoft.Dynamics.CRM.EndpointAccessType'Default'``."""


class Service:
    """The Web API of one organisation, without its HTTP face."""

    def __init__(self, store: records.Store, faults: base.Faults) -> None:
        self.store = store
        self._faults = faults
        self.url = "https://localhost"
        self._csdl: tuple[tuple[int, frozenset[str]], bytes] | None = None
        self.operations = 0
        """Operations carried out, those inside batches counted one by one."""

    def handle(self, request: exchange.Request) -> exchange.Answer:
        """Answer one request; never raises Refusal."""
        try:
            if request.path.strip("/") == "$batch":
                if request.method != "POST":
                    raise refusal.not_allowed("A batch is sent with POST.")
                prefer = preferences.read(request.headers.get("prefer", ""))
                outcome = batch.run(request, self.perform, self.store, keep_on=prefer.continue_on_error)
                return outcome.answer
            return self.perform(request)
        except refusal.Refusal as no:
            return exchange.error_answer(no, request.headers.get("prefer", ""))

    def perform(self, request: exchange.Request) -> exchange.Answer:
        """Answer one operation; refusals become answers."""
        self.operations += 1
        call = session.Session(request=request, store=self.store, faults=self._faults, url=self.url)
        try:
            answer = self._dispatch(call)
        except refusal.Refusal as no:
            return exchange.error_answer(no, request.headers.get("prefer", ""))
        answer = verbosity.cut(answer, request.headers.get("accept", ""))
        applied = call.prefer.applied()
        if applied and answer.status < 300:
            answer.headers["Preference-Applied"] = applied
        return answer

    def _dispatch(self, call: session.Session) -> exchange.Answer:
        path = address.segments(call.request.path) if call.request.path.strip("/") else []
        if not path:
            return self._service_document(call)
        name = path[0].name
        if call.request.method == "GET":
            return self._get(call, path)
        if name in _METADATA:
            return _shaped(name, lambda: definitions.handle(call, path))
        if name in call.schema.sets:
            return changing.handle(call, path)
        if call.request.method == "POST" and len(path) == 1:
            return _shaped(name, lambda: self._action(call, name.removeprefix(_PREFIX)))
        raise refusal.no_segment(name)

    def _get(self, call: session.Session, path: list[address.Segment]) -> exchange.Answer:
        name = path[0].name
        if name == "$metadata":
            return exchange.Answer(body=self._model(call), headers={"Content-Type": "application/xml"})
        if name in _METADATA:
            return describing.Describing(call).get(path)
        if name in call.schema.sets:
            if len(path) == 2 and path[1].name.startswith(_PREFIX) and path[0].key is not None:
                return self._bound_function(call, path)
            return reading.get(call, path)
        if name.removeprefix(_PREFIX) == "RetrieveMetadataChanges" and len(path) == 1:
            return self._metadata_changes(call, path[0].key or "")
        function = call.actions.gets.get(name.removeprefix(_PREFIX))
        if function is None or len(path) > 1:
            raise refusal.no_segment(name)
        made = function(self._arguments(call, path[0].key or ""))
        return exchange.json_answer({"@odata.context": f"{call.root}$metadata#{_PREFIX}{name}Response", **made})

    def _metadata_changes(self, call: session.Session, arguments: str) -> exchange.Answer:
        given = self._arguments(call, arguments)
        made = cached.retrieve(call.schema, describing.Describing(call).children, given.get("Query"))
        return exchange.json_answer({"@odata.context": f"{call.root}$metadata#{_PREFIX}RetrieveMetadataChangesResponse", **made})

    def _model(self, call: session.Session) -> bytes:
        state = (call.schema.version, call.hidden)
        if self._csdl is None or self._csdl[0] != state:
            self._csdl = (state, csdl.document(call.schema, call.hidden))
        return self._csdl[1]

    def _bound_function(self, call: session.Session, path: list[address.Segment]) -> exchange.Answer:
        table = call.schema.sets[path[0].name]
        row = address.need(call.store, table, path[0].key or "")
        if (table.name, path[1].name.removeprefix(_PREFIX)) == ("systemuser", "RetrieveUserPrivileges"):
            return exchange.json_answer(bulk.user_privileges(call, row))
        if (table.name, path[1].name.removeprefix(_PREFIX)) == ("audit", "RetrieveAuditDetails"):
            context = f"{call.root}$metadata#{_PREFIX}RetrieveAuditDetailsResponse"
            return exchange.json_answer({"@odata.context": context, **audit_details.details(call.store, call.rights, row)})
        raise refusal.no_segment(path[1].name)

    def _arguments(self, call: session.Session, text: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for part in odata.split(text, ",") if text.strip() else []:
            name, _, value = part.partition("=")
            value = call.options.aliases.get(value.strip(), value.strip())
            value = _ENUM.sub("", value)
            try:
                made[name.strip()] = orjson.loads(value.replace("'", '"'))
            except orjson.JSONDecodeError as error:
                raise refusal.bad_query(f"The parameter '{name.strip()}' cannot be read.") from error
        return made

    def _action(self, call: session.Session, name: str) -> exchange.Answer:
        if name == "CreateCustomerRelationships":
            definitions.need(call)
            return relating.customer_lookup(call, changing.body_of(call.request))
        if name == "CreateEntities":
            return definitions.create_entities(call, changing.body_of(call.request))
        if name == "BulkDelete":
            return bulk.delete(call, changing.body_of(call.request))
        action = call.actions.posts.get(name)
        if action is None:
            raise refusal.no_segment(name)
        body = changing.body_of(call.request)
        if not isinstance(body, dict):
            raise refusal.bad_payload(name, "An unexpected 'StartArray' node was found when reading from the JSON reader.")
        made = action(body)
        return exchange.Answer(status=204) if made is None else exchange.json_answer(made)

    def _service_document(self, call: session.Session) -> exchange.Answer:
        if call.request.method != "GET":
            raise refusal.not_allowed(f"The requested resource does not support http method '{call.request.method}'.")
        found = [{"name": name, "kind": "EntitySet", "url": name} for name in sorted(call.schema.sets)]
        return exchange.json_answer({"@odata.context": f"{call.root}$metadata", "value": found})


def _shaped(name: str, run: Callable[[], exchange.Answer]) -> exchange.Answer:
    """Definitions and parameters are deep trees: what has the wrong shape is refused, as the real deserialiser does."""
    try:
        return run()
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise refusal.bad_payload(name, "An error occurred while validating input parameters.") from error
