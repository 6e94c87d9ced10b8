"""What machines do with the links of a mail: mail scanners, messengers that show a preview, browsers that fetch ahead."""

from sandbox import browser, letters

WAYS = ("links", "head", "preview", "prefetch", "altered")
"""How links are fetched: all of them; all with HEAD; the plain one by messengers; ahead of the person; with a quote added."""
PREVIEWS = (
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.23.20.0",
)
AHEAD = {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch"}
"""https://html.spec.whatwg.org/multipage/speculative-loading.html; older browsers said ``Purpose``."""


class Scanner:
    """Fetches links; may be used by several threads at once."""

    def __init__(self) -> None:
        self._browser = browser.Browser(browser.SCANNER)
        self._messengers = [browser.Browser(agent) for agent in PREVIEWS]

    def scan(self, letter: letters.Letter, way: str) -> list[browser.Shown]:
        """One way through the links of a letter, one after the other."""
        links = [link for link in (*letter.links, letter.unsubscribe) if link]
        if way == "head":
            return [self._browser.head(link) for link in links]
        if way == "preview":
            return [messenger.open(letter.plain() or links[0], "en") for messenger in self._messengers if links]
        if way == "prefetch":
            return [self._browser.open(link, "en", AHEAD) for link in links]
        if way == "altered":
            return [self._browser.open(f"{link}'", "en") for link in links]
        return [self._browser.open(link, "en") for link in links]

    def submit(self, opened: list[browser.Shown]) -> list[browser.Shown]:
        """Send the first form that was found, at once and with its first value, as some machines do."""
        forms = [(shown, form) for shown in opened if shown.document and (form := shown.document.survey())]
        return [self._browser.send(form, form.filled(form.scale()[0], ""), "en", shown.address) for shown, form in forms[:1]]
