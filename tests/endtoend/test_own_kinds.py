"""Kinds that settings define, end to end in both CRMs: objects of which we know nothing are watched, asked about, written to."""

import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

import daemon
from journey import collect, steps, story
from sandbox import server
from sandbox.salesforce.metadata import customize
from settings import load
from tests.endtoend import stage

KINDS = """
[mapping.kinds.salesforce.visit_done]
kind     = "visit_done"
object   = "Visit__c"
where    = "Done__c = true"
when     = { Done__c = true }
once     = "done"
label    = "Name"
account  = "Customer__r.AccountId"
context  = { subject = "Topic__c", technician = "Owner.Name" }

[[mapping.kinds.salesforce.visit_done.person]]
object  = "Contact"
record  = "Customer__c"
name    = "Customer__r.Name"
email   = "Customer__r.Email"
opt_out = "Customer__r.HasOptedOutOfEmail"

[mapping.write.salesforce.Visit__c]
Score__c   = "score"
Remark__c  = "comment"
Verdict__c = "verdict"

[mapping.kinds.dynamics.task_done]
kind     = "visit_done"
object   = "task"
where    = "statecode eq 1"
when     = { statecode = 1 }
once     = "done"
happened = "actualend"
label    = "subject"
context  = { subject = "subject" }

[[mapping.kinds.dynamics.task_done.person]]
object  = "contact"
record  = "regardingobjectid_contact_task.contactid"
name    = "regardingobjectid_contact_task.fullname"
email   = "regardingobjectid_contact_task.emailaddress1"
opt_out = "regardingobjectid_contact_task.donotemail"

[mapping.write.dynamics.task]
percentcomplete = "score"
description     = "comment"
category        = "verdict"

[[triggers.rules]]
name    = "Visits"
on      = "visit_done"
when    = [{ not = { field = "subject", contains = "internal" } }]
survey  = "case_csat"
channel = ["email"]
"""
FIELDS = (
    {"fullName": "Done__c", "label": "Done", "type": "Checkbox", "defaultValue": "false"},
    {"fullName": "Topic__c", "label": "Topic", "type": "Text", "length": 80},
    {"fullName": "Score__c", "label": "Score", "type": "Number", "precision": 3, "scale": 0},
    {"fullName": "Remark__c", "label": "Remark", "type": "LongTextArea", "length": 4000, "visibleLines": 3},
    {"fullName": "Verdict__c", "label": "Verdict", "type": "Text", "length": 255},
    {
        "fullName": "Customer__c",
        "label": "Customer",
        "type": "Lookup",
        "referenceTo": "Contact",
        "relationshipName": "Visits",
        "relationshipLabel": "Visits",
    },
)
VISIT = {
    "label": "Visit",
    "pluralLabel": "Visits",
    "nameField": {"label": "Number", "type": "AutoNumber", "displayFormat": "V-{0000}"},
    "deploymentStatus": "Deployed",
    "sharingModel": "ReadWrite",
    "fields": list(FIELDS),
}


PERMISSIONS = {
    "label": "Visits",
    "objectPermissions": [{"object": "Visit__c", "allowRead": True, "allowCreate": True, "allowEdit": True}],
    "fieldPermissions": [{"field": f"Visit__c.{one['fullName']}", "readable": True, "editable": True} for one in FIELDS],
}
COLUMNS = {"salesforce": ("Score__c", "Remark__c", "Verdict__c"), "dynamics": ("percentcomplete", "description", "category")}


class Running:
    """A sandbox whose Salesforce has an object of its own, and a belt that watches it and Dynamics' tasks."""

    def __init__(self, folder: Path, box: server.Sandbox) -> None:
        self.told = json.loads((folder / "sandbox.json").read_text(encoding="utf-8"))
        self.session = requests.Session()
        self.session.trust_env, self.session.verify = False, self.told["ca"]
        org = box.salesforce.org
        customize.add_object(org, "Visit__c", VISIT)
        customize.set_permissions(org, "Visits", PERMISSIONS, org.api_user)
        granted = next(iter(row["Id"] for row in org.store.table("PermissionSet").rows.values() if row["Name"] == "Visits"))
        self.salesforce("sobjects/PermissionSetAssignment", {"AssigneeId": org.api_user, "PermissionSetId": granted})
        settings = folder / "settings.toml"
        settings.write_text(settings.read_text(encoding="utf-8") + KINDS, encoding="utf-8")
        self.belt = daemon.compose(load.load(settings), patient=False)

    def turn(self) -> None:
        """Everything that is due, a little later: the bookmarks stay a second behind the CRMs' clocks."""
        time.sleep(2.1)
        steps.until_nothing_is_due(self.belt)

    def control(self, method: str, path: str, **body: Any) -> Any:
        """A call to the control address."""
        return self.call(method, f"{self.told['control']}{path}", body or None, {})

    def call(self, method: str, url: str, body: Any, headers: dict[str, str]) -> Any:
        """A call that succeeds; its body."""
        answer = self.session.request(method, url, json=body, headers=headers, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def token(self, crm: str) -> str:
        """A token, as an integration gets one."""
        told = self.told[crm]
        url, scope = f"{told.get('login_url')}/services/oauth2/token", {}
        if crm == "dynamics":
            url, scope = f"{told['authority']}/oauth2/v2.0/token", {"scope": f"{told['url']}/.default"}
        form = {"grant_type": "client_credentials", "client_id": told["client_id"], "client_secret": told["client_secret"]}
        answer = self.session.post(url, data=form | scope, timeout=30)
        assert answer.ok, answer.text
        return f"Bearer {answer.json()['access_token']}"

    def salesforce(self, path: str, body: dict[str, Any]) -> str:
        """A record is made; its id."""
        url = f"{self.told['salesforce']['instance_url']}/services/data/v62.0/{path}"
        return str(self.call("POST", url, body, {"Authorization": self.token("salesforce")})["id"])

    def done(self, crm: str, subject: str, which: int) -> str:
        """A visit to so-and-so is over; its id."""
        if crm == "salesforce":
            contacts = [one for one in self.control("GET", "/records/salesforce/Contact") if willing(one)]
            values = {"Topic__c": subject, "Done__c": True, "Customer__c": contacts[which]["Id"]}
            return self.salesforce("sobjects/Visit__c", values)
        contacts = [one for one in self.control("GET", "/records/dynamics/contacts") if willing(one)]
        customer = f"/contacts({contacts[which]['contactid']})"
        values = {"subject": subject, "statecode": 1, "statuscode": 5, "regardingobjectid_contact_task@odata.bind": customer}
        headers = {"Authorization": self.token("dynamics"), "Prefer": "return=representation"}
        return str(self.call("POST", f"{self.told['dynamics']['url']}/api/data/v9.2/tasks", values, headers)["activityid"])

    def written(self, crm: str, record: str) -> tuple[Any, Any, str]:
        """Score, comment and verdict on the record."""
        path = "Visit__c" if crm == "salesforce" else "tasks"
        row = self.control("GET", f"/records/{crm}/{path}?ids={record}")[0]
        score, comment, verdict = (row[name] for name in COLUMNS[crm])
        return score, comment, str(verdict)

    def answer(self, value: str, comment: str) -> collect.Collected:
        """Whoever got the newest mail answers."""
        mail = self.control("GET", "/mailbox")[-1]
        token = re.search(r"/s/([A-Za-z0-9_-]+)", mail["text"])
        assert token is not None
        link = token[1]
        nonce = collect.nonce(self.belt, link)
        time.sleep(stage.ARRIVES)
        return collect.submit(self.belt, link, collect.Post(nonce=nonce, value=value, comment=comment))


def willing(contact: dict[str, Any]) -> bool:
    """Can be asked."""
    address = contact.get("Email") or contact.get("emailaddress1")
    return bool(address) and not contact.get("HasOptedOutOfEmail") and not contact.get("donotemail")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Both CRMs, watched from now on."""
    folder = tmp_path_factory.mktemp("box")
    with server.Sandbox(folder, seed=3, cases=10, purchases=4) as box:
        made = Running(folder, box)
        made.turn()
        yield made
        made.belt.close()


@pytest.mark.parametrize("crm", COLUMNS)
def test_an_object_of_ones_own_is_asked_about_and_gets_score_comment_and_verdict(running: Running, crm: str) -> None:
    visit = running.done(crm, "Heat pump serviced", list(COLUMNS).index(crm))
    running.turn()
    (told,) = story.tell(running.belt.store, running.belt.secret, visit, timedelta(days=30))["touchpoints"]
    assert (told["kind"], told["decision"]["reason"]) == ("visit_done", "asked"), told["decision"]["explanation"]
    assert "Heat pump serviced" in running.control("GET", "/mailbox")[-1]["text"]
    assert running.answer("4", "On time") is collect.Collected.SAVED
    running.turn()
    score, comment, verdict = running.written(crm, visit)
    assert (score, comment, verdict.partition(":")[0]) == (4, "On time", "Asked (asked)")


@pytest.mark.parametrize("crm", COLUMNS)
def test_a_rule_on_a_kind_of_ones_own_tests_its_facts_and_the_record_says_why_not(running: Running, crm: str) -> None:
    visit = running.done(crm, "Internal: training", 2)
    before = len(running.control("GET", "/mailbox"))
    running.turn()
    assert len(running.control("GET", "/mailbox")) == before
    assert running.written(crm, visit)[2].startswith("Not asked (no_rule_matched): No rule matched: “Visits” asks for")
