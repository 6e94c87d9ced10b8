"""The Metadata API: deploy a zip by REST, create and upsert components by SOAP."""

import email
import email.policy
import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import orjson

from sandbox.salesforce import errors, rights
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.metadata import customize, field_types
from sandbox.salesforce.org import Org, Session

_DELAY = timedelta(seconds=0.4)
_ORDER = ("objects", "fields", "permissionsets")
_KINDS = {"objects": "CustomObject", "fields": "CustomField", "permissionsets": "PermissionSet", "package": ""}


@dataclass
class Deployment:
    """One deploy request and how it ended."""

    id: str
    options: Mapping[str, Any]
    successes: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    due: datetime | None = None
    """Until then it is in progress."""


def tree(element: ElementTree.Element) -> Any:
    """An XML element as text, or as a dict whose repeated children are lists."""
    if len(element) == 0:
        return (element.text or "").strip()
    made: dict[str, Any] = {}
    for child in element:
        name, value = re.sub(r"^\{.*\}", "", child.tag), tree(child)
        if name in made:
            made[name] = [*made[name], value] if isinstance(made[name], list) else [made[name], value]
        else:
            made[name] = value
    return made


@dataclass(frozen=True)
class Component:
    """One described part of an org."""

    kind: str
    """CustomObject, CustomField or PermissionSet."""
    full_name: str
    description: Mapping[str, Any]


def apply(org: Org, component: Component, user: str, *, replace: bool) -> bool:
    """Make or change one component; True when it is new. Raises RowRefused."""
    full_name, description = component.full_name, component.description
    if component.kind == "CustomObject" and (full_name.endswith("__c") or description.get("label")):
        return customize.add_object(org, full_name, description, replace=replace)
    if component.kind == "CustomObject":
        for column in field_types.listed(description.get("fields")):
            customize.add_field(org, f"{full_name}.{column.get('fullName')}", column, replace=True)
        return False
    if component.kind == "CustomField":
        entity, _, name = full_name.partition(".")
        known = org.schema.find(entity)
        fresh = known is None or known.find(name) is None
        customize.add_field(org, full_name, description, replace=replace)
        return fresh
    if component.kind == "PermissionSet":
        return customize.set_permissions(org, full_name, description, user)
    raise field_types.refused("INVALID_TYPE", f"Unknown metadata type: {component.kind}")


class Deployments:
    """The deploy requests of the org."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.known: dict[str, Deployment] = {}

    def create(self, call: Call) -> Reply:
        """``POST metadata/deployRequest`` (multipart: ``entity_content`` JSON, ``file`` zip)."""
        parts = _multipart(call)
        try:
            options = orjson.loads(parts["entity_content"])["deployOptions"]
            archive = zipfile.ZipFile(io.BytesIO(parts["file"]))
        except (KeyError, TypeError, orjson.JSONDecodeError, zipfile.BadZipFile) as error:
            raise errors.ApiError(
                400, "INVALID_INPUT", "The request needs entity_content with deployOptions and a zip file"
            ) from error
        deployment = self.deploy(archive, options, call.session)
        return Reply(status=201, body=self._shown(deployment, details=False))

    def deploy(self, archive: zipfile.ZipFile, options: Mapping[str, Any], session: Session) -> Deployment:
        """Make or change everything in the archive; all or nothing unless rollbackOnError is false."""
        deployment = Deployment(self.org.identifiers.make("0Af"), options, due=self.org.clock.now() + _DELAY)
        self.known[deployment.id] = deployment
        if not rights.may(self.org, session.user_id, "PermissionsCustomizeApplication"):
            deployment.failures.append(_result("package.xml", "", "", problem="insufficient access rights"))
            return deployment
        with customize.all_or_nothing(self.org) as undo:
            for path in sorted(archive.namelist(), key=_rank):
                self._component(deployment, path, archive.read(path), session.user_id)
            if options.get("checkOnly") or (deployment.failures and options.get("rollbackOnError", True)):
                undo()
        return deployment

    def _component(self, deployment: Deployment, path: str, content: bytes, user: str) -> None:
        kind, full_name = _component_name(path)
        if not kind:
            return
        deployment.asked += 1
        try:
            root = ElementTree.fromstring(content)
            description = errors.an_object(tree(root) or None)
            fresh = apply(self.org, Component(kind, full_name, description), user, replace=True)
        except ElementTree.ParseError as error:
            deployment.failures.append(_result(path, kind, full_name, problem=f"Error parsing file: {error}"))
        except errors.ApiError as error:
            deployment.failures.append(_result(path, kind, full_name, problem=error.message))
        except errors.RowRefused as refused:
            deployment.failures.append(_result(path, kind, full_name, problem=refused.error.message))
        else:
            deployment.successes.append(_result(path, kind, full_name, created=fresh))

    def read(self, call: Call, identifier: str) -> Reply:
        """``GET metadata/deployRequest/0Af…?includeDetails=true``."""
        deployment = self.known.get(identifier)
        if deployment is None:
            raise errors.not_found()
        return Reply(body=self._shown(deployment, details=call.query.get("includeDetails") == "true"))

    def _shown(self, deployment: Deployment, *, details: bool) -> dict[str, Any]:
        result: dict[str, Any] = self.result(deployment)
        if details and result["done"]:
            result["details"] = {
                "allComponentMessages": [], "componentSuccesses": deployment.successes, "componentFailures": deployment.failures,
                "runTestResult": {"numTestsRun": 0, "numFailures": 0}, "retrieveResult": None,
            }  # fmt: skip
        return {
            "id": deployment.id,
            "validatedDeployRequestId": None,
            "deployOptions": dict(deployment.options),
            "deployResult": result,
        }

    def result(self, deployment: Deployment) -> dict[str, Any]:
        """How it ended, or that it is still in progress."""
        if deployment.due is not None and self.org.clock.now() < deployment.due:
            return {"id": deployment.id, "status": "InProgress", "done": False, "success": False}
        good = not deployment.failures
        return {
            "id": deployment.id, "done": True, "success": good, "status": "Succeeded" if good else "Failed",
            "checkOnly": bool(deployment.options.get("checkOnly")),
            "numberComponentsTotal": deployment.asked, "numberComponentsDeployed": len(deployment.successes) if good else 0,
            "numberComponentErrors": len(deployment.failures), "numberTestErrors": 0, "numberTestsTotal": 0,
            "numberTestsCompleted": 0,
            "rollbackOnError": bool(deployment.options.get("rollbackOnError", True)), "createdDate": self.org.stamp(),
            "completedDate": self.org.stamp(),
        }  # fmt: skip


def _rank(path: str) -> int:
    kind = _component_name(path)[0]
    return next((place for place, folder in enumerate(_ORDER) if _KINDS[folder] == kind), len(_ORDER))


def _component_name(path: str) -> tuple[str, str]:
    """Kind and full name by folder: ``objects/X__c.object``, ``objects/X__c/fields/F__c.field-meta.xml``, ``permissionsets/``."""
    folders = posixpath.dirname(path).split("/")
    stem = posixpath.basename(path).split(".")[0]
    if not stem or stem == "package":
        return "", ""
    if folders[-1] == "fields" and len(folders) > 1:
        return "CustomField", f"{folders[-2]}.{stem}"
    if "objects" in folders:
        return "CustomObject", stem
    return ("PermissionSet", stem) if folders[-1] == "permissionsets" else ("", "")


def _result(path: str, kind: str, full_name: str, **more: Any) -> dict[str, Any]:
    good = "problem" not in more
    return {
        "fileName": path, "componentType": kind, "fullName": full_name, "success": good, "created": more.get("created", False),
        "changed": good, "deleted": False, "problem": more.get("problem"), "problemType": None if good else "Error",
        "warning": False,
    }  # fmt: skip


def _multipart(call: Call) -> dict[str, bytes]:
    head = f"Content-Type: {call.headers.get('content-type', '')}\r\n\r\n".encode()
    message = email.message_from_bytes(head + call.body, policy=email.policy.HTTP)
    parts: dict[str, bytes] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            parts[str(name)] = content
    return parts
