"""Files and addresses as settings write them."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BeforeValidator, ValidationInfo


def _existing(path: Any, info: ValidationInfo) -> Path:
    if not isinstance(path, str | Path):
        raise ValueError("should be the path of a file")
    found = Path((info.context or {}).get("folder", ".")) / path
    if not found.is_file():
        raise ValueError(f"refers to the file {found}, which does not exist: correct the path or create it")
    return found


ExistingFile = Annotated[Path, BeforeValidator(_existing, json_schema_input_type=str)]
"""A pydantic field type: a file that is there; relative paths count from the folder of the settings file."""


def _secure(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError('should be an address such as "https://acme.my.salesforce.com"')
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("should hold neither a user, a password, a query nor a fragment")
    return address.rstrip("/")


SecureAddress = Annotated[str, AfterValidator(_secure)]
"""A pydantic field type: an https address, without the slash at its end."""


def _proxy(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError('should be an address such as "http://proxy.example:3128"')
    if parts.username or parts.password:
        raise ValueError("should hold neither user nor password: give them as proxy_username and proxy_password")
    return address.rstrip("/")


ProxyAddress = Annotated[str, AfterValidator(_proxy)]
"""A pydantic field type: an HTTP proxy."""


def with_user(address: str, username: str | None, password: str | None) -> str:
    """The address with user and password in it, as requests wants a proxy's; without a username as it was."""
    if username is None:
        return address
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{quote(username, safe='')}:{quote(password or '', safe='')}@{rest}"


def origin(address: str) -> tuple[str, str, int]:
    """Scheme, host and port, so that two addresses can be told to lead to the same server."""
    parts = urlsplit(address)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)
