"""The mail itself: headers that nothing breaks out of, and two parts that say the same."""

import dataclasses
import email
import email.policy
import html.parser
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from channels import base
from channels.email import channel as email_channel
from channels.email import render, settings, words
from surveys import metrics
from tests.channels import messages

METRICS = tuple(metrics.BUILT_IN)
HEADERS = {
    "Content-Type",
    "MIME-Version",
    "Date",
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Content-Language",
}


def channel(**told: Any) -> email_channel.EmailChannel:
    """A channel that is never asked to send."""
    common = {
        "host": "smtp.example.com",
        "sender": "Havu <feedback@havu.example>",
        "reply_to": "Palvelu Ä <service@havu.example>",
    }
    return email_channel.EmailChannel(settings.EmailSettings.model_validate(common | told))


CHANNEL = channel()


def read(message: base.Message, through: email_channel.EmailChannel = CHANNEL) -> EmailMessage:
    """The mail as a mail program reads it."""
    mail = email.message_from_bytes(through.mail(message), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


def body(mail: EmailMessage, kind: str) -> str:
    """One of the two parts."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


class Page(html.parser.HTMLParser):
    """Links, tags and visible text of an HTML part."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(source)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


class TestHeaders:
    def test_every_header_is_there_once(self) -> None:
        assert sorted(read(messages.message()).keys()) == sorted(HEADERS)

    def test_machines_are_told_not_to_answer(self) -> None:
        mail = read(messages.message())
        assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "OOF, AutoReply")

    def test_one_click_unsubscribes(self) -> None:
        mail = read(messages.message())
        assert mail["List-Unsubscribe"] == "<https://feedback.havu.example/u/8KQ2vXw7>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_an_unsubscribe_address_stands_after_the_link(self) -> None:
        mail = read(messages.message(), channel(unsubscribe="stop@havu.example"))
        assert mail["List-Unsubscribe"].split(", ") == [
            "<https://feedback.havu.example/u/8KQ2vXw7>",
            "<mailto:stop@havu.example?subject=unsubscribe>",
        ]

    def test_the_same_key_has_the_same_message_id_at_the_senders_domain(self) -> None:
        one, again, other = (read(messages.message(key=key))["Message-ID"] for key in ("a", "a", "b"))
        assert one == again != other
        assert re.fullmatch(r"<[0-9a-f]{32}@havu\.example>", one)

    def test_people_stand_in_from_to_and_reply_to(self) -> None:
        mail = read(messages.message(name='Åsa "Ö" Östman, KTM', address="asa@xn--bo-xia.example"))
        assert str(mail["From"]) == "Havu <feedback@havu.example>"
        assert mail["To"].addresses[0].display_name == 'Åsa "Ö" Östman, KTM'
        assert mail["To"].addresses[0].addr_spec == "asa@xn--bo-xia.example"
        assert mail["Reply-To"].addresses[0].display_name == "Palvelu Ä"

    def test_a_sender_without_a_name_goes_by_the_brands(self) -> None:
        assert str(read(messages.message(), channel(sender="feedback@havu.example"))["From"]) == "Havu <feedback@havu.example>"

    @pytest.mark.parametrize(
        ("changes", "subject"),
        [
            ({}, "One question about your case “Router keeps restarting”"),
            ({"language": "fi"}, "Yksi kysymys asiastasi ”Router keeps restarting”"),
            ({"language": "sv"}, "En fråga om ditt ärende ”Router keeps restarting”"),
            ({"subject": ""}, "One question about your case"),
            ({"kind": "purchase", "subject": "SO-1001"}, "One question about your purchase “SO-1001”"),
            ({"kind": "installation", "subject": ""}, "One question from Havu"),
            ({"reminder": True, "subject": ""}, "Reminder: One question about your case"),
            ({"subject": "=?utf-8?q?=0D=0ABcc:_x?="}, "One question about your case “=?utf-8?q?=0D=0ABcc:_x?=”"),
            ({"subject": "a\r\nBcc: x@y.example"}, "One question about your case “a Bcc: x@y.example”"),
            ({"subject": "\u202egnp.exe"}, "One question about your case “gnp.exe”"),
            ({"subject": "x" * 32_000}, f"One question about your case “{'x' * 119}…”"),
        ],
    )
    def test_the_subject_says_what_it_is_about(self, changes: dict[str, Any], subject: str) -> None:
        assert read(messages.message(**changes))["Subject"] == subject

    @given(name=some.text(max_size=90), subject=some.text(max_size=200), key=some.text(max_size=30))
    @hypothesis_settings(max_examples=60, deadline=None)
    def test_no_text_breaks_out_of_its_header(self, name: str, subject: str, key: str) -> None:
        raw = CHANNEL.mail(messages.message(name=name, subject=subject, key=key))
        head, _, rest = raw.partition(b"\r\n\r\n")
        assert {line.split(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith(b" ")} == HEADERS
        assert all(len(line) <= 998 and b"\r" not in line and b"\n" not in line for line in raw.split(b"\r\n"))
        assert rest.count(b"--=_palaute") == 3
        assert (
            read(messages.message(name=name, subject=subject, key=key))["To"].addresses[0].addr_spec == messages.message().address
        )

    @given(some.text(some.characters(), max_size=60))
    @hypothesis_settings(max_examples=40, deadline=None)
    def test_no_link_breaks_out_of_its_header(self, text: str) -> None:
        mail = read(messages.message(unsubscribe_url=f"https://havu.example/u/{text}"))
        assert re.fullmatch(r"<https://havu\.example/u/[!-;=?-~]*>", mail["List-Unsubscribe"])


class TestBodies:
    @pytest.mark.parametrize("metric", METRICS)
    @pytest.mark.parametrize("language", ["fi", "sv", "en"])
    def test_every_value_is_a_link_in_both_parts(self, metric: str, language: str) -> None:
        mail = read(messages.message(metric, language=language))
        wanted = [
            f"https://feedback.havu.example/s/8KQ2vXw7?v={value}&lang={language}" for value in metrics.BUILT_IN[metric].values
        ]
        assert [link for link in Page(body(mail, "html")).links if "?v=" in link] == wanted
        assert re.findall(r"(https://\S+\?v=\S+)$", body(mail, "plain"), re.MULTILINE) == wanted

    @pytest.mark.parametrize("metric", METRICS)
    def test_no_style_is_used_that_mail_programs_drop(self, metric: str) -> None:
        """No flex, grid, variables or logical properties, which Gmail's web client and Word do not know."""
        source = body(read(messages.message(metric)), "html")
        assert re.findall(r"(?:-inline-(?:start|end)|\bflex|\bgrid|var\(|position\s*:)", source) == []

    @pytest.mark.parametrize("metric", METRICS)
    def test_a_mail_is_far_from_being_clipped(self, metric: str) -> None:
        assert len(CHANNEL.mail(messages.message(metric, language="fi", subject="Ä" * 500))) < 30_000

    def test_the_text_part_has_a_line_per_value(self) -> None:
        lines = body(read(messages.message("csat")), "plain").splitlines()
        assert "1, very dissatisfied: https://feedback.havu.example/s/8KQ2vXw7?v=1&lang=en" in lines
        assert "Don’t ask me again: https://feedback.havu.example/u/8KQ2vXw7" in lines
        assert lines[-1] == "Havu Oy, Rantatie 1, 00100 Helsinki"

    def test_both_parts_tell_of_the_case_and_ask_the_question(self) -> None:
        mail = read(messages.message())
        for said in (body(mail, "plain"), Page(body(mail, "html")).text):
            flat = " ".join(said.split())
            assert "Hello Aino, your case" in flat
            assert "How likely is it that you would recommend Havu to a friend or colleague?" in flat
            assert "You get this because a case of yours was closed. We ask at most once in 30 days." in flat

    def test_the_foot_offers_the_other_languages_privacy_and_a_way_out(self) -> None:
        links = Page(body(read(messages.message(language="sv")), "html")).links
        assert links[-4:] == [
            "https://feedback.havu.example/u/8KQ2vXw7",
            "https://feedback.havu.example/privacy",
            "https://feedback.havu.example/s/8KQ2vXw7?lang=fi",
            "https://feedback.havu.example/s/8KQ2vXw7?lang=en",
        ]

    def test_a_language_that_has_no_words_for_it_goes_by_its_own_name(self, tmp_path: Path) -> None:
        (tmp_path / "he" / "LC_MESSAGES").mkdir(parents=True)
        empty = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
        (tmp_path / "he" / "LC_MESSAGES" / "palaute.po").write_text(empty)
        brand = dataclasses.replace(messages.HAVU, languages=("fi", "en", "he"), catalogues=str(tmp_path))
        text = Page(body(read(messages.message(brand=brand)), "html")).text
        assert ("Suomeksi" in text, "עברית" in text, "In English" in text) == (True, True, False)

    def test_nothing_is_fetched_when_the_mail_is_opened(self) -> None:
        source = body(read(messages.message()), "html")
        assert not {"img", "script", "link", "iframe", "svg", "video"} & set(Page(source).tags)
        assert not re.search(r"url\(|src=|@import|background=", source)

    def test_what_a_customer_wrote_is_text_and_not_markup(self) -> None:
        hostile = '<a href="https://evil.example">click</a><script>x</script>{{ 7 * 7 }}<!--% if x %-->'
        page = Page(body(read(messages.message(subject=hostile, name=hostile)), "html"))
        assert hostile[:60] in page.text
        assert not any("evil.example" in link for link in page.links)

    @given(some.text(max_size=200))
    @hypothesis_settings(max_examples=40, deadline=None)
    def test_any_subject_leaves_the_page_as_it_was(self, subject: str) -> None:
        plain, odd = (Page(render.html(words.words(messages.message(subject=said)))) for said in ("Router", subject + "x"))
        assert odd.tags == plain.tags
        assert odd.links == plain.links

    def test_a_language_without_words_speaks_english(self) -> None:
        assert read(messages.message(language="de"))["Content-Language"] == "en"

    def test_an_address_of_a_page_keeps_its_own_query(self) -> None:
        links = Page(body(read(messages.message(page_url="https://havu.example/s?t=abc")), "html")).links
        assert links[0] == "https://havu.example/s?t=abc&v=0&lang=en"


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Aino Virtanen", "Aino"),
        ("Virtanen, Aino", "Aino"),
        ("Dr. Aino Virtanen", "Aino"),
        ("Anna-Liisa O’Brien", "Anna-Liisa"),
        ("Åsa", "Åsa"),
        ("محمد علي", "محمد"),
        ("", ""),
        ("aino@posti.example", ""),
        ("https://evil.example/ win", ""),
        ("Customer7 Example", ""),
        ("x" * 32_000, ""),
        (" \r\n ", ""),
    ],
)
def test_people_are_greeted_by_their_first_name(name: str, first: str) -> None:
    assert words.first_name(name) == first


@pytest.mark.parametrize(
    ("metric", "rows"),
    [("nps", [6, 5]), ("nps_1_10", [5, 5]), ("csat", [5]), ("csat_7", [7]), ("ces", [7]), ("ces_5", [6]), ("csat_yes_no", [2])],
)
def test_the_scale_breaks_into_rows_that_fit_a_phone(metric: str, rows: list[int]) -> None:
    said = words.words(messages.message(metric, happened_at=datetime(2026, 1, 1, tzinfo=UTC)))
    layout = render.layout(said.tiles, in_words=said.in_words)
    assert [len(part.tiles) for part in layout.parts] == rows
    assert all(part.width <= 288 for part in layout.parts)


@pytest.mark.parametrize("metric", METRICS)
def test_no_row_breaks_at_the_edge_of_a_band(metric: str) -> None:
    said = words.words(messages.message(metric))
    edges = {band.last for band in metrics.BUILT_IN[metric].bands}
    parts = render.layout(said.tiles, in_words=said.in_words).parts
    assert not edges & {int(re.findall(r"v=(\d+)", part.tiles[-1].link)[0]) for part in parts[:-1]}
