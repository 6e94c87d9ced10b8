"""Standard columns that nothing here fills, yet programs of others read and write: addresses, preferences, figures.

Source of names and values: Microsoft's table reference (learn.microsoft.com/dynamics365/developer/reference/entities).
"""

from sandbox.dataverse.schema import Column
from sandbox.dataverse.tables import columns as c

_NO = ("Allow", "Do Not Allow")


def _address() -> tuple[Column, ...]:
    return (
        c.text("address1_line1", "Street 1", 250),
        c.text("address1_line2", "Street 2", 250),
        c.text("address1_postalcode", "ZIP/Postal Code", 20),
        c.text("address1_stateorprovince", "State/Province", 50),
    )


def account() -> tuple[Column, ...]:
    """Of the account."""
    return (
        *_address(),
        c.text("emailaddress2", "Email Address 2", 100, shape="Email"),
        c.text("telephone2", "Other Phone", 50, shape="Phone"),
        c.text("fax", "Fax", 50, shape="Phone"),
        c.text("tickersymbol", "Ticker Symbol", 10),
        c.choice("customertypecode", "Relationship Type", {1: "Competitor", 3: "Customer", 8: "Prospect", 12: "Other"}),
        c.choice("ownershipcode", "Ownership", {1: "Public", 2: "Private", 3: "Subsidiary", 4: "Other"}),
        c.yes_no("donotphone", "Do not allow Phone Calls", labels=_NO),
        c.yes_no("donotbulkemail", "Do not allow Bulk Emails", labels=_NO),
    )


def contact() -> tuple[Column, ...]:
    """Of the contact."""
    return (
        *_address(),
        c.text("address1_city", "City", 80),
        c.text("address1_country", "Country", 80),
        c.text("middlename", "Middle Name", 50),
        c.text("salutation", "Salutation", 100),
        c.text("department", "Department", 100),
        c.text("managername", "Manager", 100),
        c.text("websiteurl", "Website", 200, shape="Url"),
        c.text("fax", "Fax", 50, shape="Phone"),
        c.choice("gendercode", "Gender", {1: "Male", 2: "Female"}),
        c.choice(
            "preferredcontactmethodcode", "Preferred Method of Contact", {1: "Any", 2: "Email", 3: "Phone", 4: "Fax", 5: "Mail"}
        ),
        c.yes_no("donotfax", "Do not allow Faxes", labels=_NO),
        c.yes_no("donotpostalmail", "Do not allow Mails", labels=_NO),
    )


def incident() -> tuple[Column, ...]:
    """Of the case."""
    return (
        c.choice(
            "customersatisfactioncode",
            "Satisfaction",
            {5: "Very Satisfied", 4: "Satisfied", 3: "Neutral", 2: "Dissatisfied", 1: "Very Dissatisfied"},
        ),
        c.choice("contractservicelevelcode", "Service Level", {1: "Gold", 2: "Silver", 3: "Bronze"}),
        c.instant("followupby", "Follow Up By"),
        c.instant("resolveby", "Resolve By"),
        c.yes_no("isescalated", "Is Escalated"),
        c.yes_no("customercontacted", "Customer Contacted"),
        c.yes_no("activitiescomplete", "Activities Complete"),
    )


def opportunity() -> tuple[Column, ...]:
    """Of the opportunity."""
    return (
        c.whole("closeprobability", "Probability", 0, 100),
        c.money("budgetamount", "Budget Amount"),
        c.memo("currentsituation", "Current Situation", 2000),
        c.memo("customerneed", "Customer Need", 2000),
        c.choice(
            "purchasetimeframe",
            "Purchase Timeframe",
            {0: "Immediate", 1: "This Quarter", 2: "Next Quarter", 3: "This Year", 4: "Unknown"},
        ),
    )


def salesorder() -> tuple[Column, ...]:
    """Of the order."""
    return (
        c.text("billto_city", "Bill To City", 80),
        c.text("shipto_city", "Ship To City", 80),
        c.money("discountamount", "Order Discount Amount"),
        c.money("totaltax", "Total Tax"),
        c.day("requestdeliveryby", "Requested Delivery Date"),
    )
