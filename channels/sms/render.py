"""What one text message says: who asks, the question in short, the link, how to stop. In one part wherever that is possible."""

from collections.abc import Iterator

from channels import base
from channels.sms import alphabet
from surveys import wording

_LONGEST_BRAND = 40
_STOP_WORD = "STOP"


def text(message: base.Message, *, stop_by_reply: bool) -> str:
    """The shortest wording that says everything; the first that fits into one part, else the one with the fewest parts.

    ``stop_by_reply``: the sender is a number that can be answered; otherwise the way to stop is a link.
    """
    candidates = [alphabet.plain(one) for one in _candidates(message, stop_by_reply)]
    fitting = (one for one in candidates if alphabet.size(one).parts == 1)
    return next(fitting, None) or min(candidates, key=lambda one: alphabet.size(one).parts)


def _candidates(message: base.Message, stop_by_reply: bool) -> Iterator[str]:
    """From the clearest to the shortest."""
    said = wording.Wording(message.language, message.brand)
    question = _question(said, message)
    brand = wording.tidy(message.brand.name)[:_LONGEST_BRAND]
    head = f"{brand}: {question}"
    if message.reminder:
        head = said.text("mail.reminder", subject=head)
    stop = _STOP_WORD if stop_by_reply else message.unsubscribe_url
    yield f"{head} {said.text('sms.answer')} {message.page_url} {said.text('sms.stop')} {stop}"
    yield f"{head} {message.page_url} {said.text('sms.stop')} {stop}"


def _question(said: wording.Wording, message: base.Message) -> str:
    own_words = message.survey.definition.in_words and message.survey.question
    asked = said.question(message.survey, message.kind) if own_words else said.short_question(message.survey)
    return " ".join(asked.split())
