"""Opportunities, orders and what is sold with them."""

from sandbox.salesforce import schema
from sandbox.salesforce.objects import answers
from sandbox.salesforce.objects import fields as f

STAGES = {
    "Prospecting": (10, False, False),
    "Qualification": (20, False, False),
    "Proposal/Price Quote": (60, False, False),
    "Negotiation/Review": (80, False, False),
    "Closed Won": (100, True, True),
    "Closed Lost": (0, True, False),
}
"""Of an opportunity: probability, closed, won."""
ORDER_STATUSES = {"Draft": "Draft", "Activated": "Activated", "Delivered": "Activated"}
"""Label and what is behind it."""
_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")


def _opportunity() -> schema.Entity:
    return f.entity("Opportunity", "006", [
        f.lookup("AccountId", "Account", "Opportunities"), f.text("Name", 120, nillable=False, id_lookup=True),
        f.area("Description", 32000),
        f.picklist("StageName", tuple(STAGES), nillable=False), f.number("Amount", 18, 2, kind="currency"),
        f.number("Probability", 3, 0, kind="percent"), f.day("CloseDate", nillable=False),
        f.picklist("Type", ("Existing Customer - Upgrade", "New Customer")), f.text("NextStep", 255),
        f.picklist("LeadSource", _SOURCES), f.flag("IsClosed", "", permissionable=False),
        f.flag("IsWon", "", permissionable=False),
        f.picklist("ForecastCategory", ("Omitted", "Pipeline", "BestCase", "Forecast", "Closed"), "", nillable=False,
        restricted=True),
        f.lookup("OwnerId", "User", None, nillable=False, default=""), f.moment("LastStageChangeDate", "", permissionable=False),
        f.lookup("ContactId", "Contact", "Opportunities", "c", permissionable=False, relationship=None),
        f.flag("HasOpportunityLineItem", "", permissionable=False),
        *f.viewed(), *answers.columns(),
    ], "Opportunities")  # fmt: skip


def _opportunity_parts() -> list[schema.Entity]:
    role = f.entity("OpportunityContactRole", "00K", [
        f.lookup("OpportunityId", "Opportunity", "OpportunityContactRoles", "c", nillable=False, cascade=True),
        f.lookup("ContactId", "Contact", "OpportunityContactRoles", nillable=False),
        f.picklist("Role", ("Business User", "Decision Maker", "Economic Buyer", "Other"), permissionable=False),
        f.flag("IsPrimary", permissionable=False),
    ])  # fmt: skip
    stage = f.entity("OpportunityStage", "01K", [
        f.text("MasterLabel", 255, ""), f.text("ApiName", 255, ""), f.flag("IsActive", ""),
        f.number("SortOrder", 9, 0, "", kind="int"),
        f.flag("IsClosed", ""), f.flag("IsWon", ""), f.text("ForecastCategory", 40, ""),
        f.number("DefaultProbability", 3, 0, "", kind="percent"),
    ], createable=False, updateable=False, deletable=False)  # fmt: skip
    history = f.entity("OpportunityHistory", "008", [
        f.lookup("OpportunityId", "Opportunity", "OpportunityHistories", "", nillable=False, cascade=True),
        f.picklist("StageName", tuple(STAGES), "", nillable=False), f.number("Amount", 18, 2, "", kind="currency"),
        f.day("CloseDate", ""), f.number("Probability", 3, 0, "", kind="percent"),
    ], "Opportunity Histories", createable=False, updateable=False, deletable=False)  # fmt: skip
    return [role, stage, history]


def _order() -> schema.Entity:
    return f.entity("Order", "801", [
        f.lookup("OwnerId", ("Group", "User"), None, nillable=False, default=""), f.lookup("AccountId", "Account", "Orders"),
        f.lookup("OpportunityId", "Opportunity", "Orders"), f.day("EffectiveDate", nillable=False), f.day("EndDate"),
        f.picklist("Status", tuple(ORDER_STATUSES), nillable=False, restricted=True), f.area("Description", 32000),
        f.lookup("CustomerAuthorizedById", "Contact", None), f.lookup("BillToContactId", "Contact", None),
        f.lookup("ShipToContactId", "Contact", None),
        f.moment("ActivatedDate", "u", permissionable=False), f.lookup("ActivatedById", "User", None, "", permissionable=False),
        f.picklist("StatusCode", ("Draft", "Activated"), "", nillable=False),
        f.text("OrderNumber", 30, "", nillable=False, auto_number=True, id_lookup=True),
        f.picklist("Type", ("New", "Renewal")), f.text("Name", 80), f.text("PoNumber", 80), f.day("PoDate"),
        f.number("TotalAmount", 18, 2, "", kind="currency", nillable=False), *f.viewed(), *answers.columns(),
    ])  # fmt: skip


def _products() -> list[schema.Entity]:
    product = f.entity("Product2", "01t", [
        f.text("Name", 255, nillable=False), f.text("ProductCode", 255), f.area("Description", 4000), f.flag("IsActive"),
        f.picklist("Family", ("None",)),
    ], label="Product")  # fmt: skip
    line = f.entity("OpportunityLineItem", "00k", [
        f.lookup("OpportunityId", "Opportunity", "OpportunityLineItems", "c", nillable=False, cascade=True),
        f.lookup("Product2Id", "Product2", "OpportunityLineItems", "c"), f.text("Name", 376, ""),
        f.number("Quantity", 12, 2, nillable=False), f.number("UnitPrice", 18, 2, kind="currency"),
        f.number("TotalPrice", 18, 2, kind="currency"), f.area("Description", 255),
    ])  # fmt: skip
    item = f.entity("OrderItem", "802", [
        f.lookup("OrderId", "Order", "OrderItems", "c", nillable=False, cascade=True),
        f.lookup("Product2Id", "Product2", "OrderItems", "c"), f.number("Quantity", 18, 2, nillable=False),
        f.number("UnitPrice", 18, 2, kind="currency"), f.number("TotalPrice", 18, 2, "", kind="currency"),
    ])  # fmt: skip
    return [product, line, item]


def make() -> list[schema.Entity]:
    """The objects of this family."""
    return [_opportunity(), *_opportunity_parts(), _order(), *_products()]
