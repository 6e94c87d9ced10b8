"""What the simulated customers surf with: real HTTP, a real browser's headers, kept connections, no cookies."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import requests

from sandbox import page

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SCANNER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
"""Mail scanners say what people's browsers say, often that of a year ago (github.com/resend/resend-node/issues/901)."""
ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
TIMEOUT = 30
"""Seconds a customer waits for a page."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A page on the screen, or why there is none."""

    address: str
    status: int = 0
    document: page.Page | None = None
    trouble: str = ""


class Browser:
    """Fetches pages and sends forms; may be used by several threads at once."""

    def __init__(self, agent: str = AGENT) -> None:
        self._agent = agent
        self._local = threading.local()

    def open(self, link: str, language: str, more: Mapping[str, str] | None = None) -> Shown:
        """GET, redirects followed. ``more``: headers besides the usual ones."""
        return self._show("GET", link, self._headers(language) | dict(more or {}))

    def head(self, link: str) -> Shown:
        """HEAD, which some scanners send before or instead of GET."""
        return self._show("HEAD", link, self._headers("en"))

    def send(self, form: page.Form, posted: list[tuple[str, str]], language: str, came_from: str) -> Shown:
        """POST a filled form, redirects followed."""
        return self._show("POST", form.action, self._headers(language) | {"Referer": came_from}, posted)

    def press_unsubscribe(self, address: str) -> Shown:
        """What a mail program sends for one-click unsubscribing: a form post, no redirect followed (RFC 8058)."""
        try:
            answer = self._session().post(address, data={"List-Unsubscribe": "One-Click"}, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            return Shown(address=address, trouble=f"cannot be had ({type(error).__name__})")
        return Shown(address=address, status=answer.status_code)

    def _headers(self, language: str) -> dict[str, str]:
        return {"User-Agent": self._agent, "Accept": ACCEPT, "Accept-Language": f"{language},en;q=0.5"}

    def _show(self, method: str, link: str, headers: dict[str, str], posted: list[tuple[str, str]] | None = None) -> Shown:
        try:
            answer = self._session().request(method, link, data=posted, headers=headers, timeout=TIMEOUT)
        except requests.RequestException as error:
            return Shown(address=link, trouble=f"cannot be had ({type(error).__name__})")
        answer.encoding = "utf-8"
        return Shown(address=answer.url, status=answer.status_code, document=page.read(answer.text, answer.url))

    def _session(self) -> requests.Session:
        """One per thread: its connections are kept, its cookies are not."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return session
