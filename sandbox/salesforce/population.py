"""Fills the org: agents, queues, products, accounts, contacts, open cases, opportunities and orders."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sandbox import base
from sandbox.salesforce import moments, records
from sandbox.salesforce.org import Org
from sandbox.salesforce.saving import business

_PRIORITIES = ("High", "Medium", "Medium", "Low")
_OPEN = ("New", "Working", "Escalated")


def plain_row(org: Org, entity: str, values: records.Record, *, user: str | None = None, now: str | None = None) -> str:
    """Insert a row as a person in the org would, with the service's own effects; answers its id."""
    kind = org.schema.entities[entity]
    user, now = user or org.api_user, now or org.stamp()
    defaults = {column.name: column.default for column in kind.fields.values() if column.default not in (None, "")}
    given = {name: value for name, value in values.items() if value not in (None, "", False)}
    record: records.Record = defaults | given | {"Id": org.identifiers.make(kind.prefix), "CreatedDate": now, "CreatedById": user}
    if "OwnerId" in kind.fields:
        record.setdefault("OwnerId", user)
    record |= {"LastModifiedDate": now, "SystemModstamp": now, "LastModifiedById": user}
    save = business.Save(org, entity, None, record, user, now, imported=True)
    business.before_save(save)
    org.store.put(entity, record)
    business.after_save(save)
    return str(record["Id"])


class Populator:
    """Keeps what was made, so that acts can make more of the same kind."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.agents: list[str] = []
        self.queues: list[str] = []
        self.contacts: list[str] = []
        self.products: list[str] = []
        self._subjects: Sequence[str] = ("Question",)
        self._product_names: Sequence[str] = ("Subscription",)
        self._turn = 0

    def fill(self, population: base.Population) -> None:
        """Everything in the population that Salesforce holds."""
        self.org.random.seed(f"{self.org.seed}:{population.seed}")
        self._subjects = population.case_subjects or self._subjects
        self._product_names = population.products or self._product_names
        self._users(population.agents)
        self.queues = [
            self._row("Group", Name=name, DeveloperName=name.replace(" ", "_"), Type="Queue")
            for name in ("Support", "Billing", "Field Service")
        ]
        self.products = [
            self._row("Product2", Name=name, ProductCode=f"P-{place:03d}", IsActive=True)
            for place, name in enumerate(self._product_names, 1)
        ]
        accounts = [
            self._row("Account", Name=name, Type="Customer - Direct", OwnerId=self._agent()) for name in population.companies
        ]
        for person in population.people:
            if "salesforce" in person.crms:
                self._contact(person, accounts)
        for _ in range(population.cases):
            self.case()
        for number in range(population.purchases):
            self.opportunity() if number % 2 == 0 else self.order()

    def _row(self, entity: str, **values: Any) -> str:
        return plain_row(self.org, entity, values, user=self._agent() if self.agents else None, now=self._earlier())

    def _earlier(self) -> str:
        minutes = self.org.random.randint(60, 60 * 24 * 5)
        return moments.stamp(self.org.clock.now() - timedelta(minutes=minutes))

    def _agent(self) -> str:
        return self.org.random.choice(self.agents) if self.agents else self.org.api_user

    def _users(self, names: Sequence[str]) -> None:
        profile = next(iter(self.org.store.table("Profile").rows))
        made = []
        for place, name in enumerate(names, 1):
            first, _, last = name.rpartition(" ")
            address = f"agent{place}@acme.example"
            made.append(self._row("User", Username=address, FirstName=first, LastName=last, Email=address,
            Alias=f"agent{place}"[:8], IsActive=True,
                                  UserType="Standard", ProfileId=profile,
                                  Department="Sales" if place % 3 == 0 else "Support"))  # fmt: skip
        self.agents = made

    def _contact(self, person: base.Person, accounts: Sequence[str]) -> None:
        account = accounts[person.company] if person.company is not None else None
        self.contacts.append(
            self._row(
                "Contact",
                FirstName=person.first_name,
                LastName=person.last_name,
                Email=person.email,
                Phone=person.phone,
                MobilePhone=person.phone,
                Languages__c=person.language,
                HasOptedOutOfEmail=person.opted_out,
                AccountId=account,
                CrmKey__c=person.key,
                OwnerId=self._agent(),
            )
        )

    def _next_contact(self) -> str | None:
        """Each in turn, so that records belong to different people as far as there are people."""
        if not self.contacts:
            return None
        self._turn += 1
        return self.contacts[(self._turn - 1) % len(self.contacts)]

    def case(self) -> str:
        """An open case of somebody; answers its id."""
        random = self.org.random
        owner = random.choice(self.queues) if self.queues and random.random() < 0.2 else self._agent()
        origin = random.choice(("Web", "Email", "Phone"))
        made = self._row(
            "Case",
            ContactId=self._next_contact(),
            Subject=random.choice(self._subjects),
            Status=random.choice(_OPEN),
            OwnerId=owner,
            Origin=origin,
            Priority=random.choice(_PRIORITIES),
            Type=random.choice(("Question", "Problem")),
            Description="Customer wrote in.",
            ProductId=random.choice(self.products) if self.products else None,
        )
        if origin == "Email":
            self._mail(made, incoming=True)
        return made

    def _mail(self, case: str, *, incoming: bool) -> None:
        self._row(
            "EmailMessage", ParentId=case, Subject="Re: your case", Incoming=incoming, Status="3", MessageDate=self._earlier()
        )

    def reply(self, case: str) -> None:
        """An agent's mail to the customer, now."""
        values = {"ParentId": case, "Subject": "Re: your case", "Status": "3", "MessageDate": self.org.stamp()}
        plain_row(self.org, "EmailMessage", values, user=self._agent())

    def _account_of(self, contact: str | None) -> str | None:
        row = self.org.store.get("Contact", contact or "") or {}
        return row.get("AccountId")

    def opportunity(self) -> str:
        """An open opportunity with a primary contact; answers its id."""
        random, contact = self.org.random, self._next_contact()
        account = self._account_of(contact)
        company = (self.org.store.get("Account", account or "") or {}).get("Name", "Private customer")
        closes = (self.org.clock.now() + timedelta(days=random.randint(3, 60))).date().isoformat()
        by_column = random.random() < 0.5
        made = self._row(
            "Opportunity",
            Name=f"{company} – {random.choice(self._product_names)}"[:120],
            AccountId=account,
            StageName=random.choice(("Proposal/Price Quote", "Negotiation/Review")),
            CloseDate=closes,
            Amount=float(random.randint(5, 500) * 100),
            ContactId=contact if by_column else None,
            OwnerId=self._agent(),
            Type="New Customer",
        )
        if contact is not None and not by_column:
            self._row("OpportunityContactRole", OpportunityId=made, ContactId=contact, IsPrimary=True, Role="Decision Maker")
        self._line("OpportunityLineItem", OpportunityId=made)
        return made

    def _line(self, entity: str, **parent: str) -> None:
        if self.products:
            price = float(self.org.random.randint(1, 50) * 100)
            product = self.org.random.choice(self.products)
            self._row(entity, **parent, Product2Id=product, Quantity=1.0, UnitPrice=price, TotalPrice=price)

    def order(self) -> str:
        """A draft order billed to somebody; answers its id."""
        random, contact = self.org.random, self._next_contact()
        made = self._row(
            "Order",
            AccountId=self._account_of(contact),
            BillToContactId=contact,
            ShipToContactId=contact,
            Status="Draft",
            Type="New",
            EffectiveDate=self.org.clock.now().date().isoformat(),
            Name=random.choice(self._product_names)[:80],
            OwnerId=self._agent(),
            TotalAmount=float(random.randint(1, 300) * 10),
            PoNumber=f"PO-{random.randint(10000, 99999)}",
        )
        self._line("OrderItem", OrderId=made)
        return made
