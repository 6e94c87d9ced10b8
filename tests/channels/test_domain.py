"""What the sender's domain says in DNS, asked of a real name server on a free port."""

import socketserver
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from channels.email import domain
from wire import finding

ZONE = {
    "good.fi.": ['"unrelated" ', '"v=spf1 include:mail.good.fi -all"'],
    "s1._domainkey.good.fi.": ['"v=DKIM1; k=rsa; " "p=MIGfMA0"'],
    "revoked._domainkey.good.fi.": ['"v=DKIM1; p="'],
    "_dmarc.good.fi.": ['"v=DMARC1; p=none"'],
    "twice.fi.": ['"v=spf1 -all"', '"v=spf1 ~all"'],
    "bare.fi.": ['"v=spf10"'],
}


class _NameServer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, sock = self.request
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        question = query.question[0]
        name = question.name.to_text()
        if name == "broken.fi.":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name in ZONE:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", *ZONE[name]))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        sock.sendto(answer.to_wire(), self.client_address)


@pytest.fixture
def resolver() -> Iterator[dns.resolver.Resolver]:
    with socketserver.UDPServer(("127.0.0.1", 0), _NameServer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = server.server_address[1]
        yield resolver
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("name", "selector", "grades"),
    [
        ("good.fi", "s1", {"SPF": "good", "DKIM": "good", "DMARC": "good"}),
        ("good.fi", "", {"SPF": "good", "DMARC": "good"}),
        ("good.fi", "revoked", {"SPF": "good", "DKIM": "warning", "DMARC": "good"}),
        ("mail.good.fi", "s1", {"SPF": "warning", "DKIM": "warning", "DMARC": "good"}),
        ("twice.fi", "", {"SPF": "warning", "DMARC": "warning"}),
        ("bare.fi", "", {"SPF": "warning", "DMARC": "warning"}),
        ("broken.fi", "", {"domain": "warning"}),
        ("havu.example", "s1", {}),
    ],
)
def test_each_record_is_a_finding(name: str, selector: str, grades: dict[str, str], resolver: dns.resolver.Resolver) -> None:
    found = {each.subject.partition(": ")[2]: each.grade.value for each in domain.findings(name, selector, resolver)}
    assert found == grades


def test_a_machine_without_a_name_server_is_told_so() -> None:
    (found,) = domain.findings("good.fi", "", None)
    assert found.grade is finding.Grade.WARNING
    assert found.remedy
