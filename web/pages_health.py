"""What machines ask: does the process live, is it ready, what are the counts. Not for the outside world."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import prometheus_client
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from journey import pulse
from web import pages_survey, site

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
    registry.register(_Counts(pulse.counts(here.belt)))
    prometheus_client.ProcessCollector(registry=registry)
    text = prometheus_client.generate_latest(registry)
    return Response(text, media_type="text/plain; version=0.0.4")


def _from_outside(request: Request) -> bool:
    return any(name in request.headers for name in _FORWARDED)


class _Counts(Collector):
    """The status JSON as gauges: ``palaute_answers{state="confirmed"}``, ``palaute_connector_behind{connector="acme"}``."""

    def __init__(self, status: Mapping[str, Any]) -> None:
        self._status = status

    def collect(self) -> Iterable[Metric]:
        """One gauge family per noun and per figure of the connectors."""
        for noun, states in self._status.items():
            if noun == "connectors":
                yield from _connectors(states)
            elif isinstance(states, Mapping):
                yield _family(f"palaute_{noun}", f"{noun.capitalize()} by state", "state", states)


def _family(name: str, says: str, label: str, figures: Mapping[str, Any]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=[label])
    for key, figure in figures.items():
        if isinstance(figure, int | float):
            family.add_metric([str(key)], float(figure))
    return family


def _connectors(connectors: Mapping[str, Mapping[str, Any]]) -> Iterator[GaugeMetricFamily]:
    names = sorted({figure for told in connectors.values() for figure, value in told.items() if isinstance(value, int | float)})
    for name in names:
        figures = {connector: told.get(name) for connector, told in connectors.items()}
        yield _family(f"palaute_connector_{name}", f"{name.replace('_', ' ').capitalize()} per connector", "connector", figures)
