"""Fills the organisation: units, users and rights, companies and people, cases, opportunities and orders."""

import random
from datetime import timedelta

from sandbox import base
from sandbox.dataverse import schema
from sandbox.dataverse.metadata import definitions
from sandbox.dataverse.rows import audit, audit_details, records, writes
from sandbox.dataverse.rows.indexes import TARGET, Row

_MESSAGES = ("Create", "Update", "Delete", "Retrieve", "RetrieveMultiple", "CreateMultiple", "UpdateMultiple", "UpsertMultiple")
_EXTRA_PRIVILEGES = ("prvCreateEntity", "prvCreateAttribute", "prvPublishCustomization", audit.PRIVILEGE, audit_details.PRIVILEGE)


class Filling:
    """Makes rows in a believable way, always the same for the same seed."""

    def __init__(self, store: records.Store, seed: int) -> None:
        self._store = store
        self._random = random.Random(seed)
        self.root_unit = ""
        self.application_user = ""
        self.population: base.Population | None = None
        self._people: list[Row] = []
        self._agents: list[Row] = []
        self._products: list[Row] = []
        self._made = 0

    def found(self, client_id: str, name: str) -> None:
        """The organisation before anybody works in it: root unit, application user, roles, privileges, messages."""
        store = self._store
        unit = self._insert("businessunit", {"name": name, "isdisabled": False})
        self.root_unit = unit["businessunitid"]
        self._insert(
            "organization",
            {
                "name": name,
                "languagecode": 1033,
                "expirechangetrackingindays": 7,
                "isauditenabled": True,
                "auditretentionperiodv2": 30,
            },
        )
        user = self._user(f"# {name} application", "", applicationid=client_id)
        self.application_user = user["systemuserid"]
        for message in _MESSAGES:
            self._insert("sdkmessage", {"name": message})
        for table in list(store.schema.tables.values()):
            if not table.read_only and table.ownership != "None":
                definitions.add_privileges(store, table)
        for extra in _EXTRA_PRIVILEGES:
            self._insert("privilege", {"privilegeid": schema.metadata_id("privilege", extra), "name": extra})
        for title in ("System Administrator", "System Customizer", "Basic User"):
            made = self._insert("role", {"name": title, "_businessunitid_value": self.root_unit})
            if title == "System Administrator":
                store.links["systemuserroles_association"].add((self.application_user, made["roleid"]))
        publisher = self._insert(
            "publisher", {"uniquename": "palaute", "friendlyname": "Palaute", "customizationprefix": "palaute"}
        )
        values = {
            "uniquename": "palaute",
            "friendlyname": "Palaute",
            "version": "1.0.0.0",
            "_publisherid_value": publisher["publisherid"],
        }
        self._insert("solution", values)

    def fill(self, population: base.Population) -> None:
        """People and their business."""
        self.population = population
        for name in population.agents:
            first, _, last = name.partition(" ")
            self._agents.append(self._user(first, last))
        team = self._insert("team", {"name": "Customer service", "teamtype": 0, "_businessunitid_value": self.root_unit})
        self._insert("queue", {"name": "Support", "emailaddress": "support@example.com"})
        self._products = [
            self._insert("product", {"name": name, "productnumber": f"P-{number:04d}"})
            for number, name in enumerate(population.products)
        ]
        companies = [
            self._insert("account", {"name": name, "accountnumber": f"A-{number:05d}"})
            for number, name in enumerate(population.companies)
        ]
        for person in population.people:
            if "dynamics" in person.crms:
                self._people.append(self._person(person, companies))
        self._introduce()
        for agent in self._agents[::2]:
            self._store.links["teammembership_association"].add((team["teamid"], agent["systemuserid"]))
        for number in range(population.cases):
            self.case(number)
        for number in range(population.purchases):
            self.purchase(number)

    def _introduce(self) -> None:
        """The first person of each company is its primary contact."""
        table = self._store.schema.tables["account"]
        for contact in self._people:
            company = self._store.get("account", contact.get("_parentcustomerid_value"))
            if company is not None and company.get("_primarycontactid_value") is None:
                primary = {"_primarycontactid_value": contact["contactid"]}
                with self._store.unwitnessed():
                    self._store.update(table, company, primary, user=self.application_user)

    def _user(self, first: str, last: str, applicationid: str | None = None) -> Row:
        values: Row = {
            "firstname": first,
            "lastname": last or None,
            "_businessunitid_value": self.root_unit,
            "isdisabled": False,
            "accessmode": 4 if applicationid else 0,
            "applicationid": applicationid,
            "azureactivedirectoryobjectid": schema.metadata_id("entra", f"{first} {last}"),
            "domainname": f"{first}.{last}@example.com".lower().replace(" ", "").strip("#."),
        }
        return self._insert("systemuser", values)

    def _person(self, person: base.Person, companies: list[Row]) -> Row:
        values: Row = {
            "firstname": person.first_name,
            "lastname": person.last_name,
            "emailaddress1": person.email or None,
            "mobilephone": person.phone or None,
            "donotemail": False,
            "donotbulkemail": person.opted_out,
            "palaute_language": person.language,
        }
        if person.company is not None and companies:
            values["_parentcustomerid_value"] = companies[person.company % len(companies)]["accountid"]
            values["_parentcustomerid_value" + TARGET] = "account"
        return self._insert("contact", values)

    def _insert(self, table: str, values: Row, owner: str = "") -> Row:
        if owner:
            values = {**values, "_ownerid_value": owner, "_ownerid_value" + TARGET: "systemuser"}
        with self._store.unwitnessed():
            return writes.Writer(self._store, owner or self.application_user).insert(self._store.schema.tables[table], values)

    def _next_person(self) -> Row:
        """Different people as long as there are any."""
        if not self._people:
            raise ValueError("There are no contacts: populate first.")
        self._made += 1
        return (
            self._people[(self._made * 7919) % len(self._people)]
            if len(self._people) % 7919
            else self._people[self._made % len(self._people)]
        )

    def _customer(self, person: Row) -> Row:
        company = person.get("_parentcustomerid_value")
        kind = "account" if company else "contact"
        return {"_customerid_value": company or person["contactid"], "_customerid_value" + TARGET: kind}

    def _agent(self) -> str:
        return str(self._random.choice(self._agents)["systemuserid"]) if self._agents else self.application_user

    def case(self, number: int) -> Row:
        """One open case."""
        person = self._next_person()
        subjects = self.population.case_subjects if self.population else ()
        values: Row = {
            "title": subjects[number % len(subjects)] if subjects else "Case",
            "caseorigincode": self._random.choice((1, 2, 3)),
            "prioritycode": self._random.choice((1, 2, 2, 3)),
            "casetypecode": self._random.choice((1, 2, 3)),
            "_primarycontactid_value": person["contactid"],
            **self._customer(person),
        }
        if self._products:
            values["_productid_value"] = self._random.choice(self._products)["productid"]
        return self._insert("incident", values, self._agent())

    def purchase(self, number: int) -> Row:
        """An open opportunity or an active order, in turns."""
        person = self._next_person()
        products = self.population.products if self.population else ()
        name = products[number % len(products)] if products else "Product"
        amount = float(self._random.randrange(100, 100_000))
        values: Row = {"name": f"{name} for {person['fullname']}", "totalamount": amount}
        if number % 2:
            values |= {"_customerid_value": person["contactid"], "_customerid_value" + TARGET: "contact"}
            return self._insert("salesorder", values, self._agent())
        values |= self._customer(person)
        closing = (self._store.clock.now() + timedelta(days=self._random.randrange(5, 60))).date().isoformat()
        values |= {"_parentcontactid_value": person["contactid"], "estimatedvalue": amount, "estimatedclosedate": closing}
        if person.get("_parentcustomerid_value"):
            values["_parentaccountid_value"] = person["_parentcustomerid_value"]
        return self._insert("opportunity", values, self._agent())
