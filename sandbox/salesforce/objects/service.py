"""Cases and what hangs on them."""

from sandbox.salesforce import schema
from sandbox.salesforce.objects import answers
from sandbox.salesforce.objects import fields as f

STATUSES = {"New": False, "Working": False, "Escalated": False, "Closed": True, "Closed - No Response": True}
"""Of a case, and whether it is closed then."""


def _case() -> schema.Entity:
    return f.entity("Case", "500", [
        f.lookup("MasterRecordId", "Case", None, "", permissionable=False),
        f.text("CaseNumber", 30, "", nillable=False, auto_number=True, id_lookup=True),
        f.lookup("ContactId", "Contact", "Cases"), f.lookup("AccountId", "Account", "Cases"),
        f.lookup("ParentId", "Case", "Cases"), f.lookup("ProductId", "Product2", "Cases"), f.text("SuppliedName", 80),
        f.column("SuppliedEmail", "email", length=80),
        f.text("SuppliedPhone", 40), f.text("SuppliedCompany", 80),
        f.picklist("Type", ("Question", "Problem", "Feature Request")),
        f.picklist("Status", tuple(STATUSES), permissionable=False, default="New"),
        f.picklist("Reason", ("Installation", "Performance", "Breakdown", "Feedback", "Other")),
        f.picklist("Origin", ("Phone", "Email", "Web")), f.text("Subject", 255),
        f.picklist("Priority", ("High", "Medium", "Low"), default="Medium"), f.area("Description", 32000),
        f.flag("IsClosed", "", permissionable=False), f.moment("ClosedDate", ""), f.flag("IsEscalated"),
        f.lookup("OwnerId", ("Group", "User"), None, nillable=False, default=""),
        f.flag("IsClosedOnCreate", "", permissionable=False),
        f.column("ContactPhone", "phone", "", length=40, via=("ContactId", "Phone"), permissionable=False),
        f.column("ContactMobile", "phone", "", length=40, via=("ContactId", "MobilePhone"), permissionable=False),
        f.column("ContactEmail", "email", "", length=80, via=("ContactId", "Email"), permissionable=False),
        f.area("Comments", 4000, permissionable=False), *f.viewed(), *answers.columns(),
    ])  # fmt: skip


def _case_parts() -> list[schema.Entity]:
    status = f.entity("CaseStatus", "01J", [
        f.text("MasterLabel", 255, ""), f.text("ApiName", 255, ""), f.number("SortOrder", 9, 0, "", kind="int"),
        f.flag("IsDefault", ""), f.flag("IsClosed", ""),
    ], "Case Status Values", createable=False, updateable=False, deletable=False)  # fmt: skip
    comment = f.entity("CaseComment", "00a", [
        f.lookup("ParentId", "Case", "CaseComments", "c", nillable=False, cascade=True), f.flag("IsPublished"),
        f.area("CommentBody", 4000),
    ])  # fmt: skip
    mail = f.entity("EmailMessage", "02s", [
        f.lookup("ParentId", "Case", "EmailMessages", cascade=True), f.lookup("RelatedToId", ("Case", "Account"), "Emails"),
        f.text("Subject", 3000), f.area("TextBody", 131072), f.text("FromName", 1000), f.text("FromAddress", 4000),
        f.text("ToAddress", 4000), f.flag("Incoming"), f.moment("MessageDate"),
        f.picklist("Status", ("0", "1", "2", "3", "4", "5"), nillable=False, default="0"),
    ])  # fmt: skip
    return [status, comment, mail]


def make() -> list[schema.Entity]:
    """The objects of this family."""
    return [_case(), *_case_parts()]
