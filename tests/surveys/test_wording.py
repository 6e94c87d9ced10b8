"""What a customer reads, word for word where the words are agreed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import metrics, phrases, survey, wording

BRAND = survey.Brand(name="Havu", partitive="Havua", genitive="Havun", time_zone="Europe/Helsinki", repeat_days=30)
PLAIN = survey.Brand(name="Kesko")
WHEN = datetime(2026, 11, 13, 23, 30, tzinfo=UTC)


def asked(metric: str, **more: object) -> survey.Survey:
    return survey.Survey(key="asked", metric=metric, **more)  # type: ignore[arg-type]


QUESTIONS = [
    ("nps", "en", "", "How likely is it that you would recommend Havu to a friend or colleague?"),
    ("nps", "fi", "", "Kuinka todennäköisesti suosittelisit Havua ystävälle tai kollegalle?"),
    ("nps", "sv", "", "Hur troligt är det att du skulle rekommendera Havu till en vän eller kollega?"),
    ("csat", "en", "case_closed", "How satisfied are you with how we handled your case?"),
    ("csat", "fi", "case_closed", "Kuinka tyytyväinen olit siihen, miten hoidimme asiasi?"),
    ("csat", "sv", "case_closed", "Hur nöjd är du med hur vi skötte ditt ärende?"),
    ("csat", "en", "purchase", "How satisfied are you with your purchase?"),
    ("csat", "fi", "purchase", "Kuinka tyytyväinen olet ostokseesi?"),
    ("csat", "sv", "purchase", "Hur nöjd är du med ditt köp?"),
    ("csat", "fi", "visit", "Kuinka tyytyväinen olet tämänpäiväiseen käyntiisi?"),
    ("csat", "en", "lead_qualified", "How satisfied are you with how we served you?"),
    ("ces", "en", "", "To what extent do you agree? Havu made it easy for me to handle my issue."),
    ("ces", "fi", "", "Missä määrin olet samaa mieltä? Asiani hoitaminen oli helppoa."),
    ("ces", "sv", "", "I vilken grad instämmer du? Det var enkelt att få hjälp med mitt ärende."),
    ("csat_yes_no", "fi", "case_closed", "Ratkesiko ongelmasi?"),
]


@pytest.mark.parametrize(("metric", "language", "kind", "question"), QUESTIONS)
def test_the_agreed_questions(metric: str, language: str, kind: str, question: str) -> None:
    assert wording.Wording(language, BRAND).question(asked(metric), kind) == question


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "Your answer is seen by Havu’s service team with your name and deleted after 24 months."),
        ("fi", "Havun palvelutiimi näkee vastauksesi ja nimesi. Poistamme ne 24 kuukauden kuluttua."),
        ("sv", "Havus serviceteam ser ditt svar och ditt namn. De raderas efter 24 månader."),
    ],
)
def test_privacy_names_who_sees_the_answer(language: str, says: str) -> None:
    assert wording.Wording(language, BRAND).privacy() == says


def test_without_inflected_forms_finnish_says_us() -> None:
    words = wording.Wording("fi", PLAIN)
    assert words.question(asked("nps")) == "Kuinka todennäköisesti suosittelisit meitä ystävälle tai kollegalle?"
    assert words.privacy().startswith("Palvelutiimimme näkee vastauksesi")


@pytest.mark.parametrize(("name", "english", "swedish"), [("Hans", "Hans’ ", "Hans "), ("Havu", "Havu’s ", "Havus ")])
def test_english_and_swedish_make_the_genitive_by_rule(name: str, english: str, swedish: str) -> None:
    brand = survey.Brand(name=name)
    assert english in wording.Wording("en", brand).privacy()
    assert wording.Wording("sv", brand).privacy().startswith(swedish)


def test_one_month_and_one_day_have_their_own_form() -> None:
    brand = survey.Brand(name="Havu", keep_months=1, repeat_days=1)
    assert wording.Wording("en", brand).privacy().endswith("deleted after 1 month.")
    assert wording.Wording("en", brand).because("purchase").endswith("at most once in 1 day.")


@pytest.mark.parametrize(
    ("language", "about"),
    [
        ("en", "Your case “Router keeps restarting”, closed on 14 November"),
        ("fi", "Asiasi ”Router keeps restarting”, ratkaistu 14. marraskuuta"),
        ("sv", "Ditt ärende ”Router keeps restarting”, avslutat 14 november"),
    ],
)
def test_the_day_is_the_brands_own(language: str, about: str) -> None:
    assert wording.Wording(language, BRAND).about("case_closed", "Router keeps restarting", WHEN) == about


@pytest.mark.parametrize(
    ("kind", "subject", "about"),
    [
        ("case_closed", "", "Your case, closed on 14 November"),
        ("purchase", "SO-1", "Your purchase “SO-1” on 14 November"),
        ("lead_qualified", "Demo", "“Demo”, 14 November"),
        ("lead_qualified", "", "14 November"),
    ],
)
def test_what_it_is_about_depends_on_what_is_known(kind: str, subject: str, about: str) -> None:
    assert wording.Wording("en", BRAND).about(kind, subject, WHEN) == about


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("  Router\r\n keeps\trestarting ", "Router keeps restarting"),
        ("a\x00b\x1b[31m", "a b [31m"),
        ("abc\u202edef\u2069", "abcdef"),
        ("{brand} {0} %s", "{brand} {0} %s"),
        ("x" * 200, "x" * 119 + "…"),
        ("👩‍🔧 auttoi", "👩‍🔧 auttoi"),
        ("\ud800x", "x"),
    ],
)
def test_a_subject_is_made_fit_for_a_sentence(written: str, shown: str) -> None:
    assert wording.tidy(written) == shown
    assert f"“{shown}”" in wording.Wording("en", BRAND).about("case_closed", written, WHEN)


@given(st.text(max_size=300))
def test_any_subject_stays_on_one_line_of_bounded_length(subject: str) -> None:
    shown = wording.tidy(subject)
    assert len(shown) <= 120
    assert len(shown.splitlines()) <= 1
    shown.encode()


@pytest.mark.parametrize(
    ("metric", "sentence"),
    [
        ("nps", "0 means not at all likely, 10 means extremely likely."),
        ("nps_1_10", "1 means not at all likely, 10 means extremely likely."),
        ("csat", "1 means very dissatisfied, 5 means very satisfied."),
        ("ces_effort", "1 means very easy, 7 means very hard."),
        ("ces_5", "0 means very hard, 5 means very easy."),
    ],
)
def test_the_ends_are_told_in_one_sentence(metric: str, sentence: str) -> None:
    assert wording.Wording("en", BRAND).ends_sentence(asked(metric)) == sentence


def test_only_the_ends_of_nps_have_labels_and_every_point_of_the_others() -> None:
    words = wording.Wording("fi", BRAND)
    assert [point.value for point in words.scale(asked("nps")) if point.label] == [0, 10]
    for metric in ("csat", "csat_7", "ces", "ces_effort", "ces_5", "csat_yes_no", "fcr"):
        assert all(point.label for point in words.scale(asked(metric)))


@pytest.mark.parametrize(
    ("metric", "value", "score"), [("nps", 4, "4 of 10"), ("csat", 4, "4 of 5, satisfied"), ("csat_yes_no", 1, "Yes")]
)
def test_a_given_score_is_told_with_its_words(metric: str, value: int, score: str) -> None:
    assert wording.Wording("en", BRAND).score(asked(metric), value) == score


def test_a_good_score_is_thanked_in_the_same_words_as_a_middling_one() -> None:
    words = wording.Wording("en", BRAND)
    low, middle, high = (words.thanks(asked("csat"), tone, "case_closed") for tone in metrics.Tone)
    assert middle == high
    assert low == "We are sorry this did not go well. Your answer has gone to the people who handled your case."


def test_an_admins_question_takes_the_place_of_the_metrics_own() -> None:
    own = asked("nps", question={"fi": "Suosittelisitko?"})
    assert wording.Wording("fi", BRAND).question(own) == "Suosittelisitko?"
    assert wording.Wording("fi", BRAND).short_question(own) == "Suosittelisitko? (0-10)"


def test_an_admins_question_in_one_language_serves_those_without() -> None:
    own = asked("nps", question={"en": "Would you recommend us?", "sv": "Skulle du rekommendera oss?"})
    assert wording.Wording("fi", BRAND).question(own) == "Would you recommend us?"


def test_a_metric_of_the_settings_brings_its_own_words() -> None:
    stars = metrics.Metric(
        key="stars",
        first=1,
        last=3,
        bands=(metrics.Band(key="all", first=1, last=3, tone=metrics.Tone.MIDDLE),),
        headline=metrics.Headline.SHARE,
        question={"en": "How many?"},
        labels={"en": {1: "One"}, "fi": {1: "Yksi"}},
    )
    own = asked("stars", custom=stars)
    words = wording.Wording("fi", BRAND)
    assert words.question(own, "case_closed") == "How many?"
    assert words.scale(own) == [(1, "Yksi"), (2, ""), (3, "")]
    assert words.short_question(own) == "How many? (1-3)"


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("brand", [BRAND, PLAIN], ids=["inflected", "plain"])
def test_every_phrase_can_be_said(language: str, brand: survey.Brand) -> None:
    words = wording.Wording(language, brand)
    values = dict.fromkeys(
        ["n", "most", "first", "last", "low", "high", "label", "day", "subject", "title", "name", "months", "days", "address"], 7
    )
    for key in phrases.PHRASES:
        said = words.text(key, **values)
        assert said or key.startswith("genitive")
        assert "{" not in said


@pytest.mark.parametrize("metric", sorted(metrics.BUILT_IN))
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_questions_for_text_messages_stay_in_the_small_alphabet(metric: str, language: str) -> None:
    basic = set("@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿äöñüà\n\r")
    basic |= set("abcdefghijklmnopqrstuvwxyz")
    words = wording.Wording(language, PLAIN)
    text = f"Havu: {words.short_question(asked(metric))} {words.text('sms.answer')} {words.text('sms.stop')} STOP"
    assert set(text) <= basic
    assert len(text) <= 115
