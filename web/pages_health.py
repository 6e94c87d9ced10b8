"""What machines ask: does the process live, is it ready, what are the counts. Not for the outside world."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import prometheus_client
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from journey import pulse
from web import pages_survey, route, site

Form = dict[str, str]
_FORWARDED = ("forwarded", "x-forwarded-for", "via")


def live(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /healthz``: the process lives and answers."""
    return PlainTextResponse("alive\n")


def ready(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /readyz``: 200 when every connector has begun or said why not, else 503; reasons in words."""
    good, reasons = pulse.ready(here.belt)
    told = {"ready": good, "reasons": [] if _from_outside(request) else list(reasons)}
    return JSONResponse(told, 200 if good else 503)


def counts(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /metrics``: the counts of ``palaute status`` in Prometheus' text format.

    A request that came through a proxy gets a 404: what we count is nobody's business outside.
    """
    if _from_outside(request):
        return pages_survey.unknown(here, request)
    registry = prometheus_client.CollectorRegistry()
    registry.register(_Counts({**pulse.counts(here.belt), "embed_contexts": here.contexts.counts()}))
    prometheus_client.ProcessCollector(registry=registry)
    text = prometheus_client.generate_latest(registry)
    return Response(text, media_type="text/plain; version=0.0.4")


def _from_outside(request: Request) -> bool:
    return any(name in request.headers for name in _FORWARDED)


class _Counts(Collector):
    """The status JSON as gauges: ``palaute_answers{state="confirmed"}``, ``palaute_connector_calls{connector="acme"}``."""

    def __init__(self, status: Mapping[str, Any]) -> None:
        self._status = status

    def collect(self) -> Iterable[Metric]:
        """One gauge family per noun, and one per figure of the outside parties."""
        for noun, told in self._status.items():
            if noun in ("connectors", "channels"):
                yield from _parties(noun.removesuffix("s"), told)
            elif isinstance(told, Mapping):
                yield _family(f"palaute_{noun}", f"{noun.capitalize()} by state", "state", told)
            else:
                yield GaugeMetricFamily(f"palaute_{noun}", f"{noun.capitalize()} shown by status", value=_figure(told) or 0)


def _parties(role: str, parties: Mapping[str, Mapping[str, Any]]) -> Iterator[GaugeMetricFamily]:
    for name in sorted({name for told in parties.values() for name in told}):
        figures = {party: _figure(told.get(name)) for party, told in parties.items()}
        if any(figure is not None for figure in figures.values()):
            says = f"{role.capitalize()}: {name.replace('_', ' ')}"
            yield _family(f"palaute_{role}_{name}", says, role, figures)


def _family(name: str, says: str, label: str, figures: Mapping[str, Any]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=[label])
    for key, told in figures.items():
        figure = _figure(told)
        if figure is not None:
            family.add_metric([str(key)], figure)
    return family


def _figure(told: Any) -> float | None:
    """Numbers as they are, lists by their length, instants as Unix time, the state ``ok`` as 1 and any other as 0."""
    if isinstance(told, int | float):
        return float(told)
    if isinstance(told, list):
        return float(len(told))
    if told in ("ok", "failing"):
        return float(told == "ok")
    try:
        return datetime.fromisoformat(told).timestamp() if isinstance(told, str) and told else None
    except ValueError:
        return None


ROUTES = (
    route.Path(path="/healthz", get=live),
    route.Path(path="/readyz", get=ready),
    route.Path(path="/metrics", get=counts),
)
