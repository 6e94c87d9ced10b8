"""What the world may read in DNS about the domain that our mails come from: SPF, DKIM and DMARC.

Large mailbox providers refuse or hide mail whose domain says nothing (Google and Yahoo since 2024, Microsoft since 2025).
"""

from collections.abc import Iterator

import dns.exception
import dns.name
import dns.resolver

from wire import finding

_PATIENCE = 5.0
"""Seconds for one look-up, all name servers and repeats together."""
_RESERVED = ("example", "invalid", "localhost", "test")
"""Top-level domains that cannot be in DNS (RFC 2606)."""


def system_resolver() -> dns.resolver.Resolver | None:
    """Asks whom the system asks; None on a system that asks nobody."""
    try:
        return dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        return None


def findings(domain: str, selector: str, resolver: dns.resolver.Resolver | None) -> Iterator[finding.Finding]:
    """One finding for each of SPF, DKIM (where the selector is known) and DMARC; none for a domain that DNS cannot know."""
    if domain.rpartition(".")[2] in _RESERVED:
        return
    try:
        yield _spf(domain, resolver)
        if selector:
            yield _dkim(domain, selector, resolver)
        yield _dmarc(domain, resolver)
    except dns.exception.DNSException as error:
        message = f"DNS could not be asked about {domain} ({type(error).__name__})"
        yield _warning(
            "domain", message, "Check that this machine can ask a name server, or look up SPF and DMARC from another one."
        )


def _spf(domain: str, resolver: dns.resolver.Resolver | None) -> finding.Finding:
    """RFC 7208, section 3: exactly one record."""
    found = [text for text in _texts(domain, resolver) if text == "v=spf1" or text.startswith("v=spf1 ")]
    if len(found) == 1:
        return _good("SPF", f"{domain} says which servers may send for it")
    message = f"{domain} has {len(found)} SPF records" if found else f"{domain} does not say which servers may send for it"
    return _warning("SPF", message, f'Publish one TXT record for {domain} that begins with "v=spf1" and names your mail server.')


def _dkim(domain: str, selector: str, resolver: dns.resolver.Resolver | None) -> finding.Finding:
    """RFC 6376, section 3.6.1: a record with a key in it; an empty key is a revoked one."""
    where = f"{selector}._domainkey.{domain}"
    for text in _texts(where, resolver):
        tags = dict(tag.strip().partition("=")[::2] for tag in text.split(";"))
        if tags.get("p", "").strip():
            return _good("DKIM", f"{where} holds a key")
    return _warning(
        "DKIM", f"{where} holds no key", "Publish the key that your mail server signs with, or mend the selector in dkim."
    )


def _dmarc(domain: str, resolver: dns.resolver.Resolver | None) -> finding.Finding:
    """RFC 7489, section 6.6.3: the domain's own record, else one further up."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        above = ".".join(labels[start:])
        found = [text for text in _texts(f"_dmarc.{above}", resolver) if text.startswith("v=DMARC1")]
        if len(found) == 1:
            return _good("DMARC", f"{above} has a policy")
    remedy = f'Publish a TXT record for _dmarc.{domain}, to begin with "v=DMARC1; p=none".'
    return _warning("DMARC", f"{domain} does not say what becomes of mail that fails SPF and DKIM", remedy)


def _texts(name: str, resolver: dns.resolver.Resolver | None) -> list[str]:
    """The TXT records of a name; none where there is no such name."""
    if resolver is None:
        raise dns.resolver.NoResolverConfiguration
    try:
        answer = resolver.resolve(dns.name.from_text(name), "TXT", lifetime=_PATIENCE)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _good(what: str, message: str) -> finding.Finding:
    return finding.Finding(subject=f"channels.email: {what}", grade=finding.Grade.GOOD, message=message)


def _warning(what: str, message: str, remedy: str) -> finding.Finding:
    return finding.Finding(subject=f"channels.email: {what}", grade=finding.Grade.WARNING, message=message, remedy=remedy)
