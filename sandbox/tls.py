"""TLS as the real services have it, under a certificate authority of the sandbox's own."""

import ssl
from pathlib import Path

import trustme

NAMES = ("localhost", "127.0.0.1")


def make(directory: Path) -> ssl.SSLContext:
    """A server context for loopback; the new authority's certificate is written to ``ca.pem`` in the directory."""
    authority = trustme.CA(organization_name="Palaute sandbox")
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*NAMES).configure_cert(context)
    return context
