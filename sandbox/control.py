"""The control address: plain HTTP and JSON on loopback, by which tests, demo and bench drive the stand-ins.

Wrong use is answered with 400 and ``{"error": sentence}``.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import base, errand, mail, people, sms

HELP = {
    "POST /act": {"do": "close_cases | reopen_cases | make_purchases | merge_cases | delete_cases | opt_out | raise_priority",
                  "crm": "salesforce | dynamics", "count": 1, "records": "ids instead of count"},
    "POST /people": {"do": "answer | open | scan | unsubscribe | text", "share": 1.0, "to": "only this address",
                     "pace": "seconds on the page; default: as people do",
                     "value": "what everybody answers", "comment": "likewise", "submit": "true: scanners send the form too",
                     "way": "how scanners fetch: links | head | preview | prefetch | altered",
                     "text": "what those who text write; default STOP"},
    "POST /faults": {"crm": "salesforce | dynamics | smtp | imap | sms", "kind": "see kinds", "count": 1,
                     "seconds": "how long it is on; beside count: how long each call hangs, or how late what happens shows"},
    "DELETE /faults": "switches all of them off",
    "GET, DELETE /counters": "calls by CRM and endpoint, mails and SMS accepted",
    "GET, DELETE /mailbox": "mails as received; ?to=ADDRESS, ?after=NUMBER, ?fields=to,subject",
    "GET, DELETE /sms": "text messages as received, with the parts that they are billed as",
    "POST /sms": {"reports_to": "address for delivery reports", "inbound_to": "address for what people text"},
    "GET /sms/reports": "what the gateway posted by itself, and what came back",
    "GET /records/CRM/OBJECT": "?ids=a,b",
    "GET /labels/CRM/RECORD": "what the customer could know of a record: their address, its number, its subject",
    "GET /population": "the simulated customers",
    "GET, POST /clock": {"advance": "3d"},
}  # fmt: skip
"""What ``GET /`` answers."""
_HOOKS = ("reports_to", "inbound_to")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class WrongUse(Exception):
    """A request that cannot be carried out as it is; the message says what would be right."""


def reply(value: Any, status: int = 200) -> Response:
    """A JSON response."""
    return Response(orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS), status, media_type="application/json")


def duration(text: Any) -> timedelta:
    """``90s``, ``15m``, ``2h``, ``3d``, ``1w`` or a number of seconds. Raises ``WrongUse``."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw]?)", str(text))
    if not found:
        raise WrongUse('"advance" should be a duration such as "90s", "2h" or "3d"')
    return timedelta(seconds=float(found[1]) * UNITS[found[2] or "s"])


class Control:
    """Carries out what is asked on the control address."""

    def __init__(
        self,
        clock: base.Clock,
        stand_ins: dict[str, base.StandIn],
        mailbox: mail.Mailbox,
        gateway: sms.Gateway,
        customers: people.Customers,
    ) -> None:
        self._clock = clock
        self._stand_ins = stand_ins
        self._mailbox = mailbox
        self._gateway = gateway
        self._customers = customers
        self.faults = {name: stand_in.faults for name, stand_in in stand_ins.items()}
        """Where something can be made to go wrong."""
        self.faults |= {"smtp": mailbox.faults, "sms": gateway.faults}
        self.app = Starlette(routes=self._routes(), exception_handlers={HTTPException: _not_here})

    def _routes(self) -> list[Route]:
        return [
            _route("GET", "/", self._help),
            _route("POST", "/act", self._act),
            _route("POST", "/people", self._people),
            _route("POST", "/faults", self._add_fault),
            _route("DELETE", "/faults", self._clear_faults),
            _route("GET", "/counters", self._counters),
            _route("DELETE", "/counters", self._clear_counters),
            _route("GET", "/mailbox", self._mails),
            _route("DELETE", "/mailbox", self._clear_mails),
            _route("GET", "/sms", self._messages),
            _route("DELETE", "/sms", self._clear_messages),
            _route("POST", "/sms", self._tell_gateway),
            _route("GET", "/sms/reports", self._reports),
            _route("GET", "/records/{crm}/{object}", self._records),
            _route("GET", "/labels/{crm}/{record}", self._labels),
            _route("GET", "/population", self._population),
            _route("GET", "/clock", self._now),
            _route("POST", "/clock", self._advance),
        ]

    async def _help(self, request: Request) -> Any:
        return HELP | {"kinds": {name: sorted(faults.known) for name, faults in self.faults.items()}}

    async def _act(self, request: Request) -> Any:
        asked = _only(await _body(request), ("do", "crm", "count", "records"))
        stand_in = self._stand_in(asked.get("crm"))
        count, records = asked.get("count"), asked.get("records")
        if count is not None and not (isinstance(count, int) and 0 <= count <= 1_000_000):
            raise WrongUse('"count" should be a whole number')
        if records is not None and not (isinstance(records, list) and all(isinstance(record, str) for record in records)):
            raise WrongUse('"records" should be a list of ids')
        if count is None and records is None:
            count = 1
        done = stand_in.act(str(asked.get("do")), count=count, records=records)
        self._customers.remember(stand_in.name, str(asked.get("do")), done)
        return {"records": done}

    async def _people(self, request: Request) -> Any:
        return await self._customers.run(errand.Errand.parse(await _body(request)))

    async def _add_fault(self, request: Request) -> Any:
        asked = await _body(request)
        where, kind = asked.pop("crm", None), asked.pop("kind", None)
        if where not in self.faults:
            raise WrongUse(f'"crm" should be one of {", ".join(sorted(self.faults))}')
        if not isinstance(kind, str) or not kind:
            raise WrongUse('"kind" should name a fault')
        if kind == "clear":
            self.faults[where].clear()
        else:
            self.faults[where].add(kind, **asked)
        return {"crm": where, "kind": kind}

    async def _clear_faults(self, request: Request) -> Any:
        for faults in self.faults.values():
            faults.clear()
        return {}

    async def _counters(self, request: Request) -> Any:
        calls = {name: stand_in.counters.as_json() for name, stand_in in self._stand_ins.items()}
        return {**calls, "mails": self._mailbox.accepted, "sms": self._gateway.accepted}

    async def _clear_counters(self, request: Request) -> Any:
        for stand_in in self._stand_ins.values():
            stand_in.counters.clear()
        self._mailbox.accepted = self._gateway.accepted = 0
        return await self._counters(request)

    async def _mails(self, request: Request) -> Any:
        found = self._mailbox.find(request.query_params.get("to", ""))[_number(request, "after") :]
        fields = [name for name in request.query_params.get("fields", "").split(",") if name]
        shown = await run_in_threadpool(lambda: [one.json for one in found])
        return [{name: one[name] for name in fields if name in one} for one in shown] if fields else shown

    async def _clear_mails(self, request: Request) -> Any:
        self._mailbox.mails.clear()
        self._mailbox.bounces.clear()
        return []

    async def _messages(self, request: Request) -> Any:
        to = request.query_params.get("to", "")
        return [message.as_json() for message in self._gateway.messages if not to or message.to == to]

    async def _clear_messages(self, request: Request) -> Any:
        self._gateway.clear()
        return []

    async def _tell_gateway(self, request: Request) -> Any:
        asked = _only(await _body(request), _HOOKS)
        for name, address in asked.items():
            if not isinstance(address, str):
                raise WrongUse(f'"{name}" should be an address')
        for name, address in asked.items():
            setattr(self._gateway.reports, name, address)
        return {name: getattr(self._gateway.reports, name) for name in _HOOKS}

    async def _reports(self, request: Request) -> Any:
        await run_in_threadpool(self._gateway.reports.wait)
        return self._gateway.reports.calls

    async def _records(self, request: Request) -> Any:
        ids = request.query_params.get("ids")
        wanted = None if ids is None else [one for one in ids.split(",") if one]
        return self._stand_in(request.path_params["crm"]).records(request.path_params["object"], wanted)

    async def _labels(self, request: Request) -> Any:
        return self._stand_in(request.path_params["crm"]).labels(request.path_params["record"])

    async def _population(self, request: Request) -> Any:
        population = self._customers.population
        return [
            {
                "name": f"{person.first_name} {person.last_name}",
                "email": person.email,
                "phone": person.phone,
                "language": person.language,
                "opted_out": person.opted_out,
                "company": None if person.company is None else population.companies[person.company],
                "crms": person.crms,
            }
            for person in population.people
        ]

    async def _now(self, request: Request) -> Any:
        return {"now": self._clock.now().isoformat()}

    async def _advance(self, request: Request) -> Any:
        self._clock.advance(duration(_only(await _body(request), ("advance",)).get("advance")))
        return await self._now(request)

    def _stand_in(self, name: Any) -> base.StandIn:
        if name not in self._stand_ins:
            raise WrongUse(f'"crm" should be one of {", ".join(sorted(self._stand_ins))}')
        return self._stand_ins[name]


def _route(method: str, path: str, handle: Callable[[Request], Awaitable[Any]]) -> Route:
    """A route whose handler answers plain values and raises on wrong use."""

    async def endpoint(request: Request) -> Response:
        try:
            return reply(await handle(request))
        except (WrongUse, ValueError, LookupError, TypeError) as error:
            return reply({"error": str(error) or type(error).__name__}, 400)

    return Route(path, endpoint, methods=[method])


async def _not_here(request: Request, error: Exception) -> Response:
    """404 and 405 in JSON, too."""
    assert isinstance(error, HTTPException)
    return reply({"error": f"{request.method} {request.url.path}: {error.detail}; GET / tells what there is"}, error.status_code)


async def _body(request: Request) -> dict[str, Any]:
    try:
        value = orjson.loads(await request.body() or b"{}")
    except orjson.JSONDecodeError as error:
        raise WrongUse(f"The body should be JSON: {error}") from None
    if not isinstance(value, dict):
        raise WrongUse("The body should be a JSON object")
    return value


def _only(asked: dict[str, Any], known: Sequence[str]) -> dict[str, Any]:
    """What was asked, if it has no other words than these. Raises ``WrongUse``: a misspelt word would be passed over."""
    if unknown := sorted(set(asked) - set(known)):
        raise WrongUse(f"unknown: {', '.join(unknown)}; known are {', '.join(known)}")
    return asked


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0")
    if not text.isdecimal():
        raise WrongUse(f'"{name}" should be a whole number')
    return int(text)
