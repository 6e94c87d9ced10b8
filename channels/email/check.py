"""What ``palaute check`` looks at before the first mail goes out."""

import ipaddress
from collections.abc import Iterator, Sequence

from channels import address
from channels.email import domain, dsn, inbox, settings, smtp
from wire import errors, finding

_SUBJECT = "channels.email"


def findings(given: settings.EmailSettings, marks: dsn.Marks) -> Sequence[finding.Finding]:
    """Reaches the server, agrees on encryption, signs in and says goodbye; looks the sender's domain up in DNS. Sends nothing."""
    domain_of_sender = address.domain(settings.mailbox(given.sender)[1])
    signed = domain.findings(domain_of_sender, given.dkim, domain.system_resolver())
    return [*_server(given), *_returned(given, marks), *signed]


def _returned(given: settings.EmailSettings, marks: dsn.Marks) -> Iterator[finding.Finding]:
    """The mailbox of returned mails, where there is one."""
    if not given.bounces.imap:
        return
    try:
        inbox.Inbox(given, marks).check()
    except errors.NeedsPerson as error:
        yield _wrong(str(error), error.remedy, "returned mails")
    except errors.OutsideError as error:
        remedy = f"Check imap ({given.bounces.imap}), and that a firewall lets this machine through."
        yield _wrong(str(error), remedy, "returned mails")
    else:
        yield _finding("returned mails", f"the folder {given.bounces.folder} can be read")


def _server(given: settings.EmailSettings) -> Sequence[finding.Finding]:
    try:
        line = smtp.connect(given, smtp.context(given))
    except errors.NeedsPerson as error:
        return [_wrong(str(error), error.remedy)]
    except errors.OutsideError as error:
        remedy = f"Check host and port ({given.host}, {given.port}), and that a firewall lets this machine through."
        return [_wrong(str(error), remedy)]
    encryption = line.encryption()
    line.quit()
    return [_finding("server", f"{given.host}:{given.port} answers"), *_encryption(given, encryption), *_sign_in(given)]


def _encryption(given: settings.EmailSettings, encryption: str) -> Iterator[finding.Finding]:
    if encryption:
        yield _finding("encryption", f"{encryption}, certificate trusted")
    elif _is_near(given.host):
        yield _finding("encryption", "none, and none is needed on this machine")
    else:
        message = "mails and the password travel in the clear" if given.username else "mails travel in the clear"
        yield _warning("encryption", message, 'Set security to "starttls" or "tls".')


def _sign_in(given: settings.EmailSettings) -> Iterator[finding.Finding]:
    if given.username:
        yield _finding("sign-in", "the server accepts username and password")


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _finding(what: str, message: str) -> finding.Finding:
    return finding.Finding(subject=f"{_SUBJECT}: {what}", grade=finding.Grade.GOOD, message=message)


def _warning(what: str, message: str, remedy: str) -> finding.Finding:
    return finding.Finding(subject=f"{_SUBJECT}: {what}", grade=finding.Grade.WARNING, message=message, remedy=remedy)


def _wrong(message: str, remedy: str, what: str = "server") -> finding.Finding:
    return finding.Finding(subject=f"{_SUBJECT}: {what}", grade=finding.Grade.WRONG, message=message, remedy=remedy)
