"""What texts would cost, as preview tells it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from channels import memory
from channels.sms import channel as sms_channel
from channels.sms import settings
from commands import previewed
from journey.preview import course, report, tally, texts
from surveys import survey
from triggers import decision, rule, touchpoint

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RULES = rule.Rules.model_validate(
    {
        "rules": [
            {"name": "Short", "on": "case_closed", "survey": "nps", "channel": "sms"},
            {
                "name": "Long",
                "on": "case_closed",
                "survey": "nps",
                "channel": "sms",
                "variants": [
                    {"name": "a", "share": "50%"},
                    {"name": "b", "share": "50%", "question": {"en": "What would you say, all in all? " * 6}},
                ],
            },
        ]
    }
)


def case(rule_name: str, channel: str = "sms", variant: str = "", *, language: str = "en") -> course.Case:
    person = touchpoint.Recipient(record="003", phone="+358451234567", language=language, opted_out=False)
    touch = touchpoint.Touchpoint(
        connector="crm",
        kind="case_closed",
        object="case",
        record="1",
        occurrence="1",
        label="1",
        happened_at=NOW,
        source="case_closed",
        person=person,
    )
    plan = decision.Plan(survey="nps", channels=(channel,), due_at=NOW, expires_at=NOW + timedelta(days=7), variant=variant)
    made = decision.Decision(verdict=decision.Verdict.ASK, reason=decision.Reason.ASKED, rule=rule_name, plan=plan)
    return course.Case(touch=touch, person=1, decided=made, at=NOW)


def counted(*cases: course.Case) -> texts.Texts:
    told = {"gateway": "http", "url": "https://sms.example.com/x", "sender": "+358457300000"}
    channels = {"sms": sms_channel.SmsChannel(settings.HttpSettings.model_validate(told)), "memory": memory.MemoryChannel()}
    made = texts.Texts(
        channels=channels,
        surveys={"nps": survey.Survey(key="nps", metric="nps")},
        brand=survey.Brand(name="Havu"),
        rules=RULES,
        url="https://feedback.havu.example",
    )
    for one in cases:
        made.count(one)
    return made


def test_texts_and_their_parts_are_counted_rule_by_rule() -> None:
    found = counted(case("Short"), case("Short", language="fi"), case("Long", variant="a"), case("Long", variant="b")).by_rule()
    assert [(one.rule, one.texts, one.parts) for one in found] == [("Short", 2, 2), ("Long", 2, 3)]
    assert found[1].average == 1.5


def test_other_channels_cost_no_texts() -> None:
    assert counted(case("Short", "memory")).by_rule() == []


def test_the_report_says_it_in_words() -> None:
    told = report.Report(
        connectors=["crm"],
        days=30,
        since=NOW,
        until=NOW,
        tally=tally.Tally(tried=RULES, zone=ZoneInfo("UTC")),
        compared=False,
        rate=0.2,
        by_text=counted(case("Long", variant="a"), case("Long", variant="b")).by_rule(),
    )
    assert "By SMS for “Long”: 2 texts of 1.5 parts on average, 3 messages to pay for." in previewed.figures(told)
    assert told.as_json()["texts"] == {"Long": {"texts": 2, "parts": 3}}
