"""``palaute why RECORD``: the whole story of a record, of one that was asked and of one that was not."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich import console

from commands import options, printable
from journey import story
from journey.deciding import remedy
from store import database, people
from triggers import changes

STEPS = {
    "noticed": "Noticed in the CRM.",
    "invited": "An invitation was made, to go out by {detail}.",
    "sent": "The message went out by {detail}.",
    "reminded": "A reminder went out by {detail}.",
    "not_reminded": "The reminder was held back at the last look: {detail}.",
    "deferred": "The message could not go out yet: {detail}",
    "unsure": "Nobody knows whether the message went: {detail}",
    "refused": "The message is refused for good: {detail}",
    "bounced": "The message came back: {detail}",
    "address_marked": "The address is given up ({detail}); palaute addresses shows it.",
    "fallback": "The next channel is tried: {detail}.",
    "complained": "The person reported the message as unwanted, by {detail}: that is a no.",
    "cancelled": "The message was held back at the last look: {detail}.",
    "opened": "The survey page was opened.",
    "answered": "An answer was sent off.",
    "changed": "The answer was changed.",
    "doubtful": "An answer came that does not count: {detail}.",
    "released": "An admin let an answer count ({detail}).",
    "voided": "An admin withdrew an answer ({detail}).",
    "opted_out": "The person asked us not to ask again.",
    "opted_in": "The person took that back by text.",
    "written": "It was written to the CRM ({detail}).",
    "dead": "The CRM refuses what is to be written ({detail}); a person must look, then: palaute retry.",
    "expired": "The survey closed without an answer.",
}
WRITTEN = {
    "answer": "score",
    "withdrawn": "withdrawal of the score",
    "link": "survey link",
    "address": "note on the address",
    "link_over": "removal of the link",
}
"""What a field update carries → what it is called here."""


def why(
    record: Annotated[
        str, typer.Argument(help="Record id, case or order number, a person's e-mail or phone, or # and our number.")
    ],
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """Tell why a customer was or was not asked, and what became of it."""
    if not record.strip():
        raise typer.BadParameter("name a record, a number, a person's e-mail or phone", param_hint="RECORD")
    chosen = options.read_settings(settings)
    store = database.Store(chosen.store.url)
    store.migrate()
    told = story.tell(store, people.open_secret(chosen.store.secret), record, chosen.triggers.quiet.per_person, chosen.triggers)
    store.close()
    if as_json:
        options.print_json(told)
    elif told["touchpoints"]:
        show(told["touchpoints"])
    else:
        typer.echo(
            f"Nothing is known about {record}. Either it was never closed or bought while Palaute was watching, or the CRM has "
            "not been read since: palaute status shows how far it was."
        )
    if not told["touchpoints"]:
        raise typer.Exit(1)


def show(touchpoints: list[dict[str, Any]]) -> None:
    """Print these stories."""
    out = console.Console(highlight=False, markup=False, soft_wrap=True)
    for number, one in enumerate(touchpoints):
        if number:
            out.print()
        where = f"{one['object']} {one['record']} in {one['connector']}" if one["connector"] else f"place {one['record']}"
        out.print(printable.shown(f"{one['kind']} {one['label']} · {where}"), style="bold")
        for line in (_verdict(one), *_changes(one["context"]), *_consequences(one)):
            out.print(f"  {printable.shown(line)}")
        for line in one["would_have_to_change"]:
            out.print(f"  To be asked: {printable.shown(line)}")
        came = any(event["detail"] == "places" for event in one["events"])
        for event in one["events"] if not came else [event for event in one["events"] if event["step"] != "decide"]:
            out.print(f"  {_moment(event['at'])}  {printable.shown(_event(event))}", style="dim")
        for check in (one["decision"] or {}).get("checked", []):
            out.print(f"  {printable.shown(_check(check))}", style="dim")


def _verdict(one: dict[str, Any]) -> str:
    decided = one["decision"]
    if decided is None:
        return "Noticed, and not decided yet."
    if not decided["rule"] and decided["reason"] == "asked":
        return str(decided["explanation"])  # at a place: no rule decided, nobody was asked
    verdicts = {"ask": "Asked", "later": "Not asked yet", "never": "Not asked"}
    return f"{verdicts[decided['verdict']]} ({decided['reason']}): {decided['explanation']}"


def _changes(context: dict[str, Any]) -> list[str]:
    """How the fields changed whose changes rules compare, as the CRM told when it was noticed."""
    return [f"The CRM told that {_changed(context, field)}." for field in changes.fields(context)]


def _changed(context: dict[str, Any], field: str) -> str:
    said = changes.shown(context, field)
    return f"{field} did not change" if said == changes.UNCHANGED else f"{field} changed {said}"


def _consequences(one: dict[str, Any]) -> list[str]:
    lines = []
    answer = one["answer"]
    if answer is not None:
        comment = f" with the comment: {answer['comment']}" if answer["comment"] else ", no comment"
        lines.append(f"Answer ({answer['state']}): {answer['value']}{comment}")
        if answer["state"] == "doubtful":
            lines.append(f"It does not count, because {answer['doubt']}. To let it count: palaute answers release {answer['id']}")
        lines += [f"  {key}: {', '.join(said) if isinstance(said, list) else said}" for key, said in answer["extras"].items()]
    elif one["invitation"] is not None:
        state = one["invitation"]["state"]
        unknown = "It was answered; the survey is anonymous, so nobody can tell what."
        lines.append(unknown if state == "answered" else f"No answer so far; the invitation is {state}.")
        due = [send for send in one["invitation"]["messages"] if send["state"] == "due"]
        lines += [
            f"Next, the {send['send'].partition('-')[0]} goes out by {send['channel']} on {_moment(send['due_at'])}."
            for send in due
        ]
    lines += [_arrival(send) for send in (one["invitation"] or {}).get("messages", []) if send["delivered_at"] or send["parts"]]
    lines += [_write(write) for write in one["writes"] if write["state"] != "replaced"]
    person = one["person"]
    if person["opted_out_at"]:
        lines.append(f"The person said no on {_moment(person['opted_out_at'])} and is not asked again.")
    elif person["free_at"]:
        asked, free = _moment(person["asked_at"]), _moment(person["free_at"])
        planned = datetime.fromisoformat(person["asked_at"]) > datetime.now(UTC)
        last = "is to be asked on" if planned else "was asked last on"
        lines.append(f"The person {last} {asked} and {'will be' if planned else 'is'} free again on {free}.")
    return lines


def _arrival(send: dict[str, Any]) -> str:
    """Of how many texts a message was made, and whether it is known to have arrived."""
    made = f"The {send['send'].partition('-')[0]} by {send['channel']}"
    size = "" if not send["parts"] else f" was billed as {send['parts']} text{'s' if send['parts'] != 1 else ''}"
    arrived = f"arrived on {_moment(send['delivered_at'])}" if send["delivered_at"] else ""
    return f"{made}{size}{' and ' if size and arrived else ' ' if arrived else ''}{arrived}."


def _write(write: dict[str, Any]) -> str:
    what = WRITTEN.get(write["what"], write["what"])
    if write["state"] == "done":
        return f"The {what} is on the record ({write['object']}) since {_moment(write['done_at'])}."
    said = f": {write['code']} {write['problem']}".rstrip() if write["code"] or write["problem"] else ""
    waiting = "is to be written" if write["state"] == "due" else "cannot be written (dead letter; palaute retry tries again)"
    return f"The {what} {waiting}{said}."


_BY_LINK = {
    "invited": "An invitation was made; its link goes onto the record.",
    "sent": "The link may be handed on by whoever works with the record: from now on this counts as asked.",
}
"""What is told of an invitation that is not sent by us."""


def _event(event: dict[str, Any]) -> str:
    what, detail = str(event["what"]), str(event["detail"])
    if (what, detail) == ("noticed", "places"):
        return "Somebody answered at a place of ours, unasked."
    if detail == "link" and what in _BY_LINK:
        return _BY_LINK[what]
    return f"Decided: {what}." if event["step"] == "decide" else STEPS.get(what, what).format(detail=detail)


def _check(check: dict[str, Any]) -> str:
    if check["matched"]:
        return f"Rule “{check['rule']}” matched."
    return f"Rule “{check['rule']}” did not match: {check['condition']}; it saw {remedy.shown(check['saw'])}."


def _moment(text: str | None) -> str:
    return "" if text is None else f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC"
