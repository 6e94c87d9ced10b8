"""A line for what must not be sent twice: it tells "it never left" from "it may have arrived". Used by channels over HTTP."""

from typing import Any

import requests
import urllib3

from wire import errors, http


class Session(http.Session):
    """As ``wire.http.Session``, but a line that broke after the request had left raises Unsure rather than Later."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Raises Later and NeedsPerson where nothing can have arrived, Unsure where it may have."""
        try:
            return super().send(request, **kwargs)
        except errors.Later as error:
            if _may_have_arrived(error.__context__):
                raise errors.Unsure(str(error)) from None
            raise

    def _read(self, response: requests.Response, host: str) -> None:
        try:
            super()._read(response, host)
        except errors.Later as error:
            raise errors.Unsure(str(error)) from None


def _may_have_arrived(cause: BaseException | None) -> bool:
    """``cause``: what the library raised. What failed while the connection was made has sent nothing yet."""
    if isinstance(cause, urllib3.exceptions.HTTPError):
        return True
    if isinstance(cause, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return False
    if isinstance(cause, requests.exceptions.ConnectionError):
        reason = getattr(cause.args[0] if cause.args else None, "reason", None)
        return not isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError)
    return isinstance(cause, requests.exceptions.RequestException)
