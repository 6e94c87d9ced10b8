"""HTTP sessions for company networks and for servers that misbehave.

A session takes nothing from the environment (neither proxies nor REQUESTS_CA_BUNDLE nor .netrc), knows its own certificate
authority and proxy, always has time-outs, follows no redirect, reads no endless body, and raises ``wire.errors`` only.
"""

import contextlib
import io
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pydantic_core
import requests
import urllib3
from requests import adapters

from wire import errors, retry

_CHUNK = 256 * 1024
PATIENCE = 10
"""How many times the time-out a whole answer may take, and a write until its answer begins."""
_STUMBLES = {502, 503, 504}
_JSON = ("application/json",)


@dataclass(frozen=True, kw_only=True)
class Network:
    """How to get out of the house."""

    ca: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    """May hold a password."""
    timeout: float = 30.0
    """Seconds to connect, and between two pieces of an answer; a whole answer may take ten times as long."""
    largest_answer: int = 256 * 1024 * 1024
    """Bytes, after unpacking."""


class Session(requests.Session):
    """A requests session that keeps the promises of this module. May be used by several threads."""

    def __init__(self, network: Network, *, connections: int = 8) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["User-Agent"] = "Palaute"
        self._network = network
        if network.ca is not None:
            self.verify = str(network.ca)
        if network.proxy is not None:
            self.proxies = {"http": network.proxy, "https": network.proxy}
        adapter = adapters.HTTPAdapter(pool_maxsize=connections, max_retries=0)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As requests does it, with the answer read to its end; raises what this module promises."""
        host = urlsplit(request.url or "").hostname or "the server"
        kwargs |= {"allow_redirects": False, "stream": True, "timeout": kwargs.get("timeout") or self._network.timeout}
        try:
            response = super().send(request, **kwargs)
            self._read(response, host)
        except requests.RequestException as error:
            raise _broken_line(error, host) from None
        except urllib3.exceptions.HTTPError as error:
            raise _broken_body(error, host) from None
        except OSError as error:
            remedy = "Look whether the file of the setting ca is there and may be read."
            raise errors.NeedsPerson(f"the call to {host} cannot be made ({type(error).__name__})", remedy=remedy) from None
        _refuse_redirect(response, host)
        return response

    def _read(self, response: requests.Response, host: str) -> None:
        until = time.monotonic() + self._network.timeout * PATIENCE
        whole = io.BytesIO()  # unlike joined pieces, it hands out what it holds without a copy
        # Not iter_content: it waits for a full piece, so that a body which drips would hold us for ever.
        while piece := response.raw.read1(_CHUNK, decode_content=True):
            whole.write(piece)
            size = whole.tell()
            if size > self._network.largest_answer or time.monotonic() > until:
                response.close()
                limit = f"more than {self._network.largest_answer} bytes" if size > self._network.largest_answer else "endlessly"
                raise errors.Later(f"{host} answers {limit}: find out what stands between, or raise largest_answer or timeout")
        response._content = whole.getvalue()


def _broken_line(error: requests.RequestException, host: str) -> errors.OutsideError:
    # The library's own text may hold the whole address with its query, so it is not repeated.
    if isinstance(error, requests.exceptions.SSLError) and not _distrusted(error):
        return retry.Brief(f"the secure line to {host} breaks off: look at the address, the port and the proxy")
    if isinstance(error, requests.exceptions.SSLError):
        remedy = "If the company's proxy re-signs traffic, set ca to its certificate authority; otherwise look at the server's."
        return errors.NeedsPerson(f"the certificate of {host} cannot be trusted", remedy=remedy)
    if isinstance(error, requests.exceptions.ProxyError):
        return errors.Later(f"the proxy does not lead to {host}: look at the setting proxy, and at the proxy")
    if isinstance(error, requests.exceptions.Timeout):
        return errors.Later(f"{host} did not answer in time: look at the network, or raise timeout")
    if isinstance(error, requests.exceptions.ConnectionError):
        return retry.Brief(f"{host} cannot be reached: look at the network, the name service and the firewall")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema | requests.exceptions.MissingSchema):
        return errors.NeedsPerson("the address in settings leads nowhere", remedy="Write it as https://HOST.")
    return errors.Later(f"the call to {host} failed ({type(error).__name__})")


def _distrusted(error: requests.exceptions.SSLError) -> bool:
    """Whether it is the certificate; the same exception also tells of a line that was cut within the handshake."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return any(isinstance(part, ssl.SSLCertVerificationError) for part in (reason, *getattr(reason, "args", ())))


def _broken_body(error: urllib3.exceptions.HTTPError, host: str) -> errors.OutsideError:
    if isinstance(error, urllib3.exceptions.ReadTimeoutError):
        return errors.Later(f"{host} fell silent within its answer: look at the network, or raise timeout")
    return retry.Brief(f"the answer of {host} broke off: look at the network and the proxy")


def _refuse_redirect(response: requests.Response, host: str) -> None:
    if response.is_redirect:
        target = urlsplit(response.headers.get("location", "")).hostname or "elsewhere"
        raise errors.Later(f"{host} sends us on to {target}, where no token of ours may go: correct the address in settings")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a ``Retry-After`` header, given as seconds or as a date; None without one that can be read."""
    text = headers.get("retry-after", "").strip()
    with contextlib.suppress(ValueError):
        return max(0.0, float(text))
    with contextlib.suppress(ValueError, TypeError):
        asked = parsedate_to_datetime(text).timestamp() - parsedate_to_datetime(headers.get("date", "")).timestamp()
        return max(0.0, asked)
    return None


def server_clock(response: requests.Response) -> datetime:
    """The server's clock when the request went out, at the latest: its ``Date`` less the time the answer took.

    Raises Later without a ``Date``; our own clock would be a wrong substitute.
    """
    try:
        date = parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, TypeError):
        raise errors.Later("the answer tells no Date: look whether a proxy removes that header") from None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC) - response.elapsed


def require_type(response: requests.Response, host: str, types: Sequence[str] = _JSON) -> None:
    """Refuse an answer that is not of these types, a proxy's page for example; an empty one passes."""
    if response.status_code in _STUMBLES and not _is(response, types):
        pause = retry_after(response.headers)
        message = f"{host} is not to be had at the moment (status {response.status_code})"
        raise errors.Later(message, delay=pause) if pause is not None else retry.Brief(message)
    if response.content and not _is(response, types):
        kind = response.headers.get("content-type", "no type").split(";")[0][:60]
        found = "a web page" if "html" in kind else kind
        raise errors.Later(
            f"{host} answers with {found} where data should be (status {response.status_code}): "
            "a proxy, a sign-on page or a maintenance page stands between"
        )


def _is(response: requests.Response, types: Sequence[str]) -> bool:
    return response.headers.get("content-type", "").split(";")[0].strip().lower() in types


def parse_json(body: bytes | str, host: str) -> Any:
    """The JSON value; raises Later when it is cut short or none.

    Pydantic's parser reads bytes as they are and hands out equal texts as one: Python's would first make text of the whole
    answer, four bytes a letter if a customer wrote one emoji. It also refuses what Python's takes (half a surrogate pair, a
    byte order mark), so what it refuses is shown to Python's.
    """
    with contextlib.suppress(ValueError):
        return pydantic_core.from_json(body)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise errors.Later(f"the answer of {host} is cut short or not JSON: look at what stands between") from None
