"""The Metadata API by SOAP: createMetadata, updateMetadata, upsertMetadata, deploy, checkDeployStatus."""

import base64
import binascii
import io
import re
import zipfile
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from sandbox.salesforce import errors, rights
from sandbox.salesforce.call import Reply
from sandbox.salesforce.metadata import deploying
from sandbox.salesforce.org import Org, Session
from sandbox.salesforce.signin import oauth

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns="http://soap.sforce.com/2006/04/metadata"><soapenv:Body>{}</soapenv:Body></soapenv:Envelope>'
)
_MAXIMUM = 10
"""Components in one call (Metadata API Developer Guide, "createMetadata()")."""


def _reply(body: str, status: int = 200) -> Reply:
    return Reply(status=status, body=_ENVELOPE.format(body).encode(), content_type="text/xml; charset=utf-8")


def _fault(code: str, message: str) -> Reply:
    inner = f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {escape(message)}</faultstring>"
    return _reply(f"<soapenv:Fault>{inner}</soapenv:Fault>", 500)


def answer(org: Org, deployments: deploying.Deployments, body: bytes) -> Reply:
    """``POST /services/Soap/m/NN.0``."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return _fault("INVALID_XML", "The request is not well-formed XML")
    token = next((element.text or "" for element in root.iter() if element.tag.endswith("}sessionId")), "")
    session = oauth.current(org, token.strip())
    if session is None:
        return _fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session")
    if not rights.may(org, session.user_id, "PermissionsCustomizeApplication"):
        return _fault("INSUFFICIENT_ACCESS", "insufficient access rights on object id")
    operation = next((child for part in root if part.tag.endswith("}Body") for child in part), None)
    name = "" if operation is None else re.sub(r"^\{.*\}", "", operation.tag)
    org.counters.add(f"POST Soap/m {name}")
    handler = _OPERATIONS.get(name)
    if operation is None or handler is None:
        return _fault("INVALID_OPERATION", f"No operation available for request {name}")
    return handler(org, deployments, operation, session)


def _children(operation: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [child for child in operation if child.tag.endswith("}" + name)]


def _components(org: Org, deployments: deploying.Deployments, operation: ElementTree.Element, session: Session) -> Reply:
    name = re.sub(r"^\{.*\}", "", operation.tag)
    parts = _children(operation, "metadata")
    if len(parts) > _MAXIMUM:
        return _fault("LIMIT_EXCEEDED", f"At most {_MAXIMUM} components per call")
    results = [
        _component(org, part, session, replace=name != "createMetadata", upsert=name == "upsertMetadata") for part in parts
    ]
    return _reply(f"<{name}Response>{''.join(results)}</{name}Response>")


def _component(org: Org, part: ElementTree.Element, session: Session, *, replace: bool, upsert: bool) -> str:
    kind = part.get(_XSI_TYPE, "").split(":")[-1]
    found: Any = deploying.tree(part)
    description: dict[str, Any] = found if isinstance(found, dict) else {}
    full_name = str(description.get("fullName", ""))
    try:
        fresh = deploying.apply(org, deploying.Component(kind, full_name, description), session.user_id, replace=replace)
    except errors.RowRefused as refused:
        fields = "".join(f"<fields>{escape(name)}</fields>" for name in refused.error.fields or ())
        error = f"{fields}<message>{escape(refused.error.message)}</message><statusCode>{refused.error.code}</statusCode>"
        return f"<result><errors>{error}</errors><fullName>{escape(full_name)}</fullName><success>false</success></result>"
    created = f"<created>{str(fresh).lower()}</created>" if upsert else ""
    return f"<result>{created}<fullName>{escape(full_name)}</fullName><success>true</success></result>"


def _deploy(org: Org, deployments: deploying.Deployments, operation: ElementTree.Element, session: Session) -> Reply:
    described: Any = deploying.tree(operation)
    try:
        archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(described["ZipFile"])))
    except (KeyError, TypeError, binascii.Error, zipfile.BadZipFile):
        return _fault("INVALID_INPUT", "ZipFile must be a zip file in base64")
    given: Any = described.get("DeployOptions")
    given = given if isinstance(given, dict) else {}
    options = {name: value == "true" if value in ("true", "false") else value for name, value in given.items()}
    deployment = deployments.deploy(archive, options, session)
    return _reply(
        f"<deployResponse><result><done>false</done><id>{deployment.id}</id><state>Queued</state></result></deployResponse>"
    )


def _status(org: Org, deployments: deploying.Deployments, operation: ElementTree.Element, session: Session) -> Reply:
    described: Any = deploying.tree(operation)
    deployment = deployments.known.get(described["asyncProcessId"]) if "asyncProcessId" in described else None
    if deployment is None:
        return _fault("INVALID_ID_FIELD", "no such deployment")
    result = dict(deployments.result(deployment))
    shown = "".join(
        f"<{name}>{str(value).lower() if isinstance(value, bool) else escape(str(value))}</{name}>"
        for name, value in result.items()
    )
    rows = (("componentFailures", deployment.failures), ("componentSuccesses", deployment.successes))
    details = "".join(f"<{name}>{_details(row)}</{name}>" for name, listed in rows for row in listed)
    return _reply(f"<checkDeployStatusResponse><result>{shown}<details>{details}</details></result></checkDeployStatusResponse>")


def _details(row: dict[str, Any]) -> str:
    return "".join(
        f"<{name}>{str(value).lower() if isinstance(value, bool) else escape(str(value))}</{name}>"
        for name, value in row.items()
        if value is not None
    )


_Operation = Callable[[Org, deploying.Deployments, ElementTree.Element, Session], Reply]
_OPERATIONS: dict[str, _Operation] = {
    "createMetadata": _components, "updateMetadata": _components, "upsertMetadata": _components, "deploy": _deploy,
    "checkDeployStatus": _status,
}  # fmt: skip
