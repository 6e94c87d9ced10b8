"""Who is at the door: from a request to what is kept of its sender, which is a keyed hash and a few words.

Called by the pages before they hand anything to journey. The address is the connection's own, unless that is a proxy that
settings name: only then what the proxy added to X-Forwarded-For is believed.
"""

import functools
import ipaddress
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request

from journey import belt as belts
from journey.answering import visits

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_AGENTS = Path(__file__).parent / "agents.txt"
_LONGEST_AGENT = 512
_TELLING = ("user-agent", "accept-language", "sec-ch-ua-platform")
"""Headers that a browser sends with every request and that differ between browsers."""
_DEVICES = {"?1": "phone", "?0": "desktop"}
_INSIDE = tuple(
    ipaddress.ip_network(one)
    for one in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "0.0.0.0/8"),
        *("::/127", "fc00::/7", "fe80::/10"),
    )
)
"""RFC 1918, 1122, 3927, 6598, 4193 and 4291."""
_LONGEST_ADDRESS = 45
"""Characters: ``INET6_ADDRSTRLEN`` without its end."""
_KEPT = 2048
"""Addresses and agents that are not looked at again when they come again."""
_SITE_BITS = 64
"""One line of IPv6 has a /64 and changes its addresses within (RFC 8981)."""


def of(belt: belts.Belt, request: Request, language: str = "", channel: str = "") -> visits.Visit:
    """What is kept of whoever sent this request. ``language``: in which the page is shown."""
    headers = request.headers
    from_where = address(request)
    return visits.Visit(
        visitor=visits.visitor(
            belt.secret,
            normal(from_where),
            is_shared(from_where),
            tuple(headers.get(name, "")[:_LONGEST_AGENT] for name in _TELLING),
        ),
        device=_DEVICES.get(headers.get("sec-ch-ua-mobile", ""), ""),
        robot=robot(headers.get("user-agent", ""), belt.settings.signs.names),
        language=language,
        channel=channel,
        at=belt.now(),
    )


def address(request: Request) -> str:
    """The sender's address; empty where none is known.

    With proxies named in ``[web] proxies``: the last address in X-Forwarded-For that is not one of them, for each proxy adds the
    one it saw at the end, and what stands before may be made up.
    """
    proxies: Sequence[Network] = getattr(request.app.state, "proxies", ())
    seen = request.client.host if request.client is not None else ""
    if not proxies or not _is_one_of(seen, proxies):
        return seen
    told = [one.strip() for line in request.headers.getlist("x-forwarded-for") for one in line.split(",")]
    for one in reversed(told):
        found = _bare(one)
        if _parsed(found) is None:
            return seen
        if not _is_one_of(found, proxies):
            return found
        seen = found
    return seen


def normal(address: str) -> str:
    """One text for all addresses of one line: IPv4 as it is, IPv6 as its /64."""
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _SITE_BITS), strict=False))
    return str(parsed or "")


def is_shared(address: str) -> bool:
    """Whether nothing follows from this address: loopback, private or none, most likely a proxy that settings do not name."""
    parsed = _parsed(address)
    return parsed is None or _inside(str(parsed))


@functools.lru_cache(_KEPT)
def _inside(address: str) -> bool:
    return _is_one_of(address, _INSIDE)


def robot(agent: str, more: tuple[str, ...] = ()) -> str:
    """The name by which a program gives itself away; empty for a browser. ``more``: names from settings."""
    return _robot(agent[:_LONGEST_AGENT].casefold(), more)


@functools.lru_cache(_KEPT)
def _robot(said: str, more: tuple[str, ...]) -> str:
    return next((name for name in (*_names(), *more) if name.casefold() in said), "")


@functools.cache
def _names() -> tuple[str, ...]:
    lines = (line.strip() for line in _AGENTS.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    without_zone = address.partition("%")[0]
    return _parse(without_zone) if len(without_zone) <= _LONGEST_ADDRESS else None


@functools.lru_cache(_KEPT)
def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def _bare(told: str) -> str:
    """Without a port: ``[2001:db8::1]:4711`` and ``192.0.2.1:4711`` are how some proxies write it."""
    if told.startswith("["):
        return told[1:].partition("]")[0]
    return told.partition(":")[0] if told.count(":") == 1 else told


def _is_one_of(address: str, networks: Sequence[Network]) -> bool:
    parsed = _parsed(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return parsed is not None and any((mapped or parsed) in network for network in networks)
