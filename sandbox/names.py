"""Word lists that the population is drawn from: names, companies, places, products and what cases are about. All made up."""

FIRST_NAMES = {
    "fi": (
        "Aino", "Eero", "Elina", "Hannu", "Helmi", "Ilkka", "Jari", "Johanna", "Juhani", "Kaarina", "Kalle", "Katja",
        "Lauri", "Leena", "Liisa", "Marjatta", "Matti", "Mika", "Minna", "Noora", "Olli", "Onni", "Paavo", "Päivi",
        "Pekka", "Petteri", "Riikka", "Risto", "Saara", "Sanna", "Tapio", "Tuomas", "Venla", "Väinö",
    ),
    "sv": (
        "Agneta", "Anders", "Annika", "Åsa", "Björn", "Camilla", "Elsa", "Erik", "Fredrik", "Gunilla", "Göran",
        "Håkan", "Ingrid", "Jens", "Kerstin", "Lars", "Linnéa", "Magnus", "Maja", "Mats", "Nils", "Örjan",
        "Pernilla", "Sofia", "Stina", "Ulf", "Viktor",
    ),
    "en": (
        "Abigail", "Aisha", "Amelia", "Andrew", "Chloe", "Daniel", "Deepa", "Emily", "Fiona", "George", "Grace",
        "Harriet", "Imran", "Jack", "James", "Kofi", "Liam", "Lucy", "Mei", "Niamh", "Oliver", "Patrick", "Priya",
        "Rhys", "Siobhán", "Thomas", "Zoë",
    ),
}  # fmt: skip

LAST_NAMES = {
    "fi": (
        "Aalto", "Ahonen", "Hakala", "Heikkinen", "Hämäläinen", "Järvinen", "Kallio", "Karjalainen", "Kinnunen",
        "Koskinen", "Laaksonen", "Lehtonen", "Mäkelä", "Mäkinen", "Niemi", "Nieminen", "Ojala", "Peltonen",
        "Pitkänen", "Rantanen", "Salmi", "Savolainen", "Seppälä", "Tuominen", "Turunen", "Virtanen", "Väisänen",
        "Ylönen",
    ),
    "sv": (
        "Åkesson", "Andersson", "Berglund", "Bergström", "Björk", "Ekström", "Engström", "Forsberg", "Grönholm",
        "Hedlund", "Holmberg", "Lindqvist", "Lundgren", "Nordin", "Nyström", "Öberg", "Sandberg", "Sjöblom",
        "Söderström", "Wallin", "Westerlund",
    ),
    "en": (
        "Adeyemi", "Ahmed", "Baker", "Bennett", "Campbell", "Chen", "Cooper", "Davies", "Evans", "Fitzgerald",
        "Green", "Hughes", "Khan", "MacLeod", "Murphy", "O'Brien", "O'Connor", "Patel", "Reid", "Roberts", "Singh",
        "Smith-Jones", "Taylor", "Walker", "Wood",
    ),
}  # fmt: skip

MAIL_DOMAINS = {
    "fi": ("posti.example", "kaista.example", "example.com"),
    "sv": ("brev.example", "nordpost.example", "example.org"),
    "en": ("mail.example", "letterbox.example", "example.net"),
}
"""Private mailboxes; all under names that RFC 2606 keeps free."""

COMPANY_STEMS = (
    "Aalto", "Alder", "Arctia", "Birch", "Bothnia", "Brandt", "Ekvall", "Fjord", "Granit", "Halla", "Harbour",
    "Ilves", "Kaarna", "Kallas", "Kelo", "Lakeside", "Linné", "Lumo", "Meri", "Nordvik", "Otso", "Pihla", "Ratia",
    "Saaristo", "Skog", "Solberg", "Tammi", "Tervas", "Usva", "Vaasa", "Vinter", "Ålund",
)  # fmt: skip

COMPANY_TRADES = (
    "Bakery", "Energi", "Fastigheter", "Huolto", "Kiinteistöt", "Kuljetus", "Logistics", "Marine", "Medical",
    "Metalli", "Optik", "Rakennus", "Retail", "Software", "Teknik", "Tekstiili", "Timber", "Travel", "Verkot",
    "Workshop",
)  # fmt: skip

COMPANY_FORMS = ("Oy", "Ab", "Oyj", "Ltd", "AB")

PRODUCTS = (
    "Fibre 100", "Fibre 1000", "Home router", "Mesh kit", "Office line", "Mobile 5G", "Static address",
    "Cloud backup", "Mail for teams", "Web shop", "Payment terminal", "Alarm panel", "Door lock",
    "Heat pump service", "Solar panels 6 kW", "Charging station", "Care plan", "Installation", "Extended warranty",
    "Spare parts kit",
)  # fmt: skip

CASE_SUBJECTS = (
    "Reititin käynnistyy uudelleen", "Lasku {n} on maksettu kahdesti", "Tilaus {n} ei ole saapunut",
    "Osoitteenmuutos asiakkaalle {n}", "Vikailmoitus {n}: yhteys katkeilee", "Asentaja ei tullut sovittuna aikana",
    "Salasanan vaihto ei onnistu", "Hyvityspyyntö {n}", "Takuuasia, laite {n}", "Sopimuksen {n} irtisanominen",
    "Faktura {n} stämmer inte", "Leverans {n} är försenad", "Routern startar om hela tiden",
    "Fel på uppkopplingen, ärende {n}", "Jag vill flytta abonnemanget {n}", "Reklamation av order {n}",
    "Får inte inloggningen att fungera", "Garantifråga, enhet {n}", "Router keeps restarting",
    "Invoice {n} charged twice", "Order {n} has not arrived", "Wrong item in parcel {n}",
    "Cannot sign in to the portal", "Refund for order {n}", "Technician did not show up",
    "Question about contract {n}", "Slow connection at site {n}", "Please change the delivery address of {n}",
)  # fmt: skip

ODD_SUBJECTS = (
    "Kiitos hyvästä palvelusta 😊👍🏽 tilaus {n}",
    "مشكلة في الفاتورة {n}",
    "הזמנה {n} לא הגיעה",
    'Invoice "{n}" <b>not</b> paid & overdue',
    "=SUM({n};1) appears in my bill",
    "Re: Fwd: Re:   order {n}\tlost",
    "{n}",
    "Überfällige Rechnung {n} – ¿por qué?",
    "注文 {n} が届きません",
    "KIIREELLINEN!!! LASKU {n} VÄÄRIN!!!",
)

ODD_NAMES = (
    ("Aino-Maija Kaarina", "von Willebrand-Söderhjelm"),
    ("X Æ", "A-12"),
    ("محمد", "الأحمد"),
    ("Łucja", "Żółć"),
    ("李", "小龙"),
    ("Jean-François", "D’Arcy de la Tour"),
    ("Sinéad 🌸", "Ní Bhriain"),
    ("O", "Ö"),
)
