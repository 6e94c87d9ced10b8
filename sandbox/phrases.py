"""What customers write into the comment box, in their own words."""

COMMENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "fi": {
        "low": (
            "Odotin vastausta kolme viikkoa eikä kukaan soittanut takaisin.",
            "Vika palasi heti seuraavana päivänä 😡",
            "Asia siirrettiin neljä kertaa.\nJokaiselle piti selittää kaikki alusta.",
        ),
        "middle": (
            "Asia hoitui lopulta, mutta jonottaminen kesti.",
            "Ihan ok, ohjeet olisivat voineet olla selkeämmät.",
            "Hinta ”pyöristyi” ylöspäin, muuten hyvin",
        ),
        "high": (
            "Nopea ja ystävällinen palvelu, kiitos!",
            "Asentaja tuli ajallaan ja siivosi jälkensä 👍",
            "Soitettiin takaisin jo samana päivänä.\n\nEi moitittavaa.",
        ),
    },
    "sv": {
        "low": (
            "Ingen ringde tillbaka trots att det lovades två gånger.",
            "Felet är kvar. Jag har redan bytt leverantör.",
            "Jag fick olika besked av alla 🙄",
        ),
        "middle": (
            "Det löste sig, men det tog för lång tid.",
            "Helt okej, men fakturan var svår att förstå.",
            "Väntetiden i telefon – 40 minuter – är för lång",
        ),
        "high": (
            "Snabb och vänlig hjälp, tack!",
            "Mycket kunnig tekniker ❤️",
            "Allt gick bra.\nJag rekommenderar er gärna.",
        ),
    },
    "en": {
        "low": (
            "I was told \"it's being looked into\" five times. It wasn't.",
            "Still broken; nobody called back & the invoice came twice.",
            "Passed around between four people.\nHad to explain everything from the start each time.",
        ),
        "middle": (
            "It got sorted in the end, but the queue was long.",
            "Fine overall; the instructions <could> be clearer.",
            "OK. Not great, not terrible.",
        ),
        "high": (
            "Quick, friendly and solved on the first call. Thank you!",
            "The technician explained everything 😊",
            "Called back the same day.\n\n10/10",
        ),
    },
}
"""Language → how it went → comments."""
