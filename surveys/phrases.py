"""Every phrase that a customer reads, in English; the catalogues in locales/ translate them.

Keys are contexts (msgctxt) of the catalogues. A phrase ending in ``.us`` stands in where the brand has no inflected name, one
ending in ``.words`` where the answers are words rather than numbers, one with a touchpoint's kind where that kind has its own.
NPS and CES 2.0 are the published sentences.
"""

from typing import NamedTuple


class Plural(NamedTuple):
    """A phrase with two English forms."""

    one: str
    many: str
    by: str
    """Name of the value that decides which form it is."""


PHRASES: dict[str, str | Plural] = {
    # The metric questions and their answers; PAGES wording.
    "nps.question": "How likely is it that you would recommend {brand} to a friend or colleague?",
    "nps.question.us": "How likely is it that you would recommend us to a friend or colleague?",
    "nps.question.short": "How likely are you to recommend us, {first}-{last}?",
    "nps.low": "Not at all likely",
    "nps.high": "Extremely likely",
    "csat.question": "How satisfied are you with how we served you?",
    "csat.question.case_closed": "How satisfied are you with how we handled your case?",
    "csat.question.purchase": "How satisfied are you with your purchase?",
    "csat.question.visit": "How satisfied are you with your visit today?",
    "csat.question.short": "How satisfied are you with us, {first}-{last}?",
    "csat.1": "Very dissatisfied",
    "csat.2": "Dissatisfied",
    "csat.3": "Neither satisfied nor dissatisfied",
    "csat.4": "Satisfied",
    "csat.5": "Very satisfied",
    "csat_7.1": "Very dissatisfied",
    "csat_7.2": "Dissatisfied",
    "csat_7.3": "Somewhat dissatisfied",
    "csat_7.4": "Neither satisfied nor dissatisfied",
    "csat_7.5": "Somewhat satisfied",
    "csat_7.6": "Satisfied",
    "csat_7.7": "Very satisfied",
    "ces.question": "To what extent do you agree? {brand} made it easy for me to handle my issue.",
    "ces.question.short": "It was easy to get my issue handled: do you agree, {first}-{last}?",
    "ces.1": "Strongly disagree",
    "ces.2": "Disagree",
    "ces.3": "Somewhat disagree",
    "ces.4": "Neither agree nor disagree",
    "ces.5": "Somewhat agree",
    "ces.6": "Agree",
    "ces.7": "Strongly agree",
    "ces_effort.question": "How easy or hard was it to get your issue handled?",
    "ces_effort.question.short": "How hard was it to get your issue handled, {first}-{last}?",
    "ces_effort.1": "Very easy",
    "ces_effort.2": "Easy",
    "ces_effort.3": "Fairly easy",
    "ces_effort.4": "Neither easy nor hard",
    "ces_effort.5": "Fairly hard",
    "ces_effort.6": "Hard",
    "ces_effort.7": "Very hard",
    "ces_5.question.short": "How easy was it to get your issue handled, {first}-{last}?",
    "ces_5.0": "Very hard",
    "ces_5.1": "Hard",
    "ces_5.2": "Fairly hard",
    "ces_5.3": "Fairly easy",
    "ces_5.4": "Easy",
    "ces_5.5": "Very easy",
    "csat_yes_no.question": "Was your problem solved?",
    "csat_yes_no.question.short": "Was your problem solved?",
    "csat_yes_no.0": "No",
    "csat_yes_no.1": "Yes",
    "fcr.question": "Was your problem solved the first time you contacted us?",
    "fcr.question.short": "Was your problem solved the first time?",
    "fcr.0": "No",
    "fcr.1": "Yes",
    "open.low": "What should we have done better?",
    "open.middle": "What would have made it better?",
    "open.high": "What did we do well?",
    "ends": "{first} means {low}, {last} means {high}.",
    "point": "{n}, {label}",
    "score_of": "{n} of {last}",
    # What it is about: one line over the question, by kind of touchpoint.
    "about": "{day}",
    "about.named": "“{subject}”, {day}",
    "about.case_closed": "Your case, closed on {day}",
    "about.case_closed.named": "Your case “{subject}”, closed on {day}",
    "about.purchase": "Your purchase on {day}",
    "about.purchase.named": "Your purchase “{subject}” on {day}",
    "about.visit": "Your visit on {day}",
    "about.visit.named": "Your visit “{subject}” on {day}",
    # The survey page.
    "language": "Language",
    "in_this_language": "In English",
    "optional": "Optional",
    "comment_hint": "Please leave out passwords and identity numbers.",
    "chosen": "You chose {n}.",
    "chosen.do": "Press Send to save it, or pick another number.",
    "chosen.do.words": "Press Send to save it, or pick another answer.",
    "send": "Send",
    "send_hint": "One question. You can change your answer afterwards.",
    "send_hint.chosen": "You can change your answer afterwards.",
    "nothing_chosen": "Please choose a number.",
    "nothing_chosen.words": "Please choose an answer.",
    "comment_too_long": Plural(
        "Please shorten your comment: it may have {most} characters and has {n} character.",
        "Please shorten your comment: it may have {most} characters and has {n} characters.",
        "n",
    ),
    "stale": "This page had been open for a while. Nothing is lost: please press Send once more.",
    "once_more": "Please press Send once more, so that we know it was you and no mail program.",
    "unsent": "We could not reach the server. Your answer is still here: please try again.",
    "error_title": "Error: {title}",
    "decoy": "Leave this field empty",
    "thanks": "Thank you, your answer is saved",
    "thanks.low": "We are sorry this did not go well. Your answer has gone to the people in charge of it.",
    "thanks.low.case_closed": "We are sorry this did not go well. Your answer has gone to the people who handled your case.",
    "thanks.seen": "Your answer has gone to the people in charge of it.",
    "thanks.seen.case_closed": "Your answer has gone to the people who handled your case.",
    "checked": "Thank you, your answer was taken and is being checked",
    "checked.more": (
        "Programs that look through mail for dangers sometimes send answers too. Was it you? Then press the button, and your "
        "answer counts."
    ),
    "checked.yes": "Yes, that was me",
    "your_score": "Your score",
    "your_comment": "Your comment",
    "who_sees": "Who sees it",
    "change": "Change my answer",
    "change_until": "Possible until {day}. You can close this page.",
    "close_page": "You can close this page.",
    "expired": "This question has closed",
    "expired.more": "Thank you for wanting to answer.",
    # Why, privacy, and saying no.
    "stop": "Don’t ask me again",
    "stop.more": "Press the button and we will not send you questions like this any more.",
    "stop.done": "We will not ask you again",
    "stop.done.more": "This holds for all our questions of this kind. You can close this page.",
    "why": "Why did I get this?",
    "reference": "Our reference: {label}.",
    "because": "You get this because you have been in touch with {brand}.",
    "because.case_closed": "You get this because a case of yours was closed.",
    "because.purchase": "You get this because you bought something from us.",
    "because.visit": "You get this because you visited us.",
    "repeat": Plural("We ask at most once in {days} day.", "We ask at most once in {days} days.", "days"),
    "privacy": "Privacy",
    "privacy.named": Plural(
        "Your answer is seen by {genitive} service team with your name and deleted after {months} month.",
        "Your answer is seen by {genitive} service team with your name and deleted after {months} months.",
        "months",
    ),
    "privacy.named.us": Plural(
        "Your answer is seen by our service team with your name and deleted after {months} month.",
        "Your answer is seen by our service team with your name and deleted after {months} months.",
        "months",
    ),
    "privacy.who_sees": Plural(
        "{genitive} service team, with your name. Deleted after {months} month.",
        "{genitive} service team, with your name. Deleted after {months} months.",
        "months",
    ),
    "privacy.who_sees.us": Plural(
        "Our service team, with your name. Deleted after {months} month.",
        "Our service team, with your name. Deleted after {months} months.",
        "months",
    ),
    "privacy.anonymous": "Anonymous. We store the answer, the place and the time, and nothing that tells who you are.",
    "privacy.place": Plural(
        "Comments are deleted after {months} month; the figures stay.",
        "Comments are deleted after {months} months; the figures stay.",
        "months",
    ),
    "privacy.detached": "Anonymous: your answer is kept apart from your name, so that nobody can tell what you answered.",
    "privacy.who": "Who asks",
    "privacy.for": "What for",
    "privacy.for.more": (
        "To see how we did, to put right what went wrong, and to serve you better. Your answer is not sold or "
        "used for advertising."
    ),
    "privacy.what": "What we store",
    "privacy.what.more": (
        "Your answer and comment, when you gave them, what they are about, and your name and address as they "
        "stand in our customer records. A code made from your browser and network address helps to tell people from programs; "
        "the address itself is not kept. No cookies, no tracking."
    ),
    "privacy.what.detached": (
        "Your answer and comment, roughly what they are about, and the day, all apart from your name. Of you we store only that "
        "you have answered. No cookies, no tracking."
    ),
    "privacy.long": "How long",
    "privacy.rights": "Your rights",
    "privacy.rights.more": (
        "You can change your answer, ask what we know about you, have it corrected or deleted, and say that "
        "you do not want to be asked. You can also complain to the data protection authority."
    ),
    "privacy.rights.detached": (
        "You can ask what we know about you and say that you do not want to be asked. Your answer cannot be changed or deleted, "
        "because nobody can find it again. You can also complain to the data protection authority."
    ),
    "privacy.contact": "Contact",
    "privacy.contact.more": "Reply to the message that brought you here, or write to {address}.",
    "privacy.contact.reply": "Reply to the message that brought you here.",
    # Pages for when something is odd.
    "unknown_link": "This link does not work",
    "unknown_link.more": "It may have been cut or altered on its way. Please open it again from the message you got.",
    "too_large": "That was too much text",
    "too_large.more": "Nothing was saved. Please go back and shorten your comment.",
    "unreadable": "We could not read that",
    "unreadable.more": "Nothing was saved. Please open the link again and answer there.",
    "not_that_way": "This page cannot be used that way",
    "too_often": "That was a lot at once",
    "too_often.more": "Please wait a moment, then open the page again. Answers that you have sent are safe.",
    "out_of_order": "Something went wrong on our side",
    "out_of_order.more": "Your answer may not have been saved. Please try again in a moment.",
    # Places: a page behind a QR code, a tablet.
    "place.scan": "Scan the code, or type this address:",
    "place.closed": "This question has closed here",
    "place.closed.more": "Thank you for wanting to answer.",
    "place.unknown": "This address does not work",
    "place.unknown.more": "Please scan the code again, or compare the address letter by letter.",
    "place.many": "Too many answers came from here",
    "place.many.more": "Nothing was saved. Please try again in a little while.",
    "place.send_hint": "One question. It takes ten seconds.",
    "kiosk.thanks": "Thank you!",
    "kiosk.done": "Done",
    "kiosk.waiting": "{n} waiting to be sent",
    # The mail and the text message.
    "mail.subject": "One question from {brand}",
    "mail.subject.case_closed": "One question about your case",
    "mail.subject.case_closed.named": "One question about your case “{subject}”",
    "mail.subject.purchase": "One question about your purchase",
    "mail.subject.purchase.named": "One question about your purchase “{subject}”",
    "mail.subject.visit": "One question about your visit",
    "mail.preheader": "Tap a number from {first} to {last}. It takes ten seconds.",
    "mail.preheader.words": "Tap an answer. It takes ten seconds.",
    "mail.hello": "Hello,",
    "mail.hello.named": "Hello {name},",
    "mail.opening": "May we ask one question?",
    "mail.opening.named": "this is about “{subject}” on {day}. May we ask one question?",
    "mail.opening.case_closed": "your case was closed on {day}. May we ask one question?",
    "mail.opening.case_closed.named": "your case “{subject}” was closed on {day}. May we ask one question?",
    "mail.opening.purchase": "thank you for your purchase on {day}. May we ask one question?",
    "mail.opening.purchase.named": "thank you for your purchase “{subject}” on {day}. May we ask one question?",
    "mail.ends": "{first} = {low}, {last} = {high}",
    "mail.page_opens": "A page opens where you can change the number, add a comment and send.",
    "mail.page_opens.words": "A page opens where you can change the answer, add a comment and send.",
    "mail.no_numbers": "No numbers above?",
    "mail.no_numbers.words": "No answers above?",
    "mail.on_the_web": "Answer on the web",
    "mail.reminder": "Reminder: {subject}",
    "sms.answer": "Answer:",
    "sms.stop": "Stop:",
    # How a name is inflected where the language has a rule; Finnish takes it from the settings.
    "genitive": "{brand}’s",
    "genitive.s": "{brand}’",
}
