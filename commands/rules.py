"""``palaute rules``: the rules with what came of them; ``rules history``: which version was in force when, and what changed in
it; ``rules variants``: which wording does better."""

import enum
import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from commands import options
from journey.deciding import versions
from settings import model, words
from store import database


class What(enum.StrEnum):
    """What is to be told of the rules."""

    LIST = "list"
    HISTORY = "history"
    VARIANTS = "variants"


def rules(
    what: Annotated[What, typer.Argument(help="list, history or variants.")] = What.LIST,
    name: Annotated[str | None, typer.Argument(help="Only the rule of this name.")] = None,
    settings: options.SettingsFile = options.DEFAULT_SETTINGS,
    as_json: options.AsJson = False,
) -> None:
    """List the rules, tell their history, or compare their variants."""
    chosen = options.read_settings(settings)
    store = database.Store(chosen.store.url)
    store.migrate()
    told = _told(store, chosen, what, name)
    names = [one["rule"] for one in versions.listing(store, chosen.triggers)["rules"]]
    store.close()
    if as_json:
        options.print_json(told)
    elif name is not None and name not in names:
        typer.echo(f"There is no rule “{name}”; {words.should_be(name, names, 'there are no rules at all')}", err=True)
    else:
        for line in _SHOWN[what](told):
            typer.echo(line)
    if name is not None and not told["rules"]:
        raise typer.Exit(1)


def _told(store: database.Store, chosen: model.Settings, what: What, name: str | None) -> dict[str, Any]:
    if what is What.HISTORY:
        return versions.history(store, name)
    if what is What.VARIANTS:
        return versions.variants(store, chosen.surveys.as_surveys(), name)
    found = versions.listing(store, chosen.triggers)["rules"]
    return {"rules": [one for one in found if name is None or one["rule"] == name]}


def _list(told: Mapping[str, Any]) -> list[str]:
    lines = []
    for one in told["rules"]:
        counts = one["decisions"]
        lines.append(f"{one['rule']}  ({one['version']}{_standing(one)})")
        lines.append(
            f"  matched {sum(counts.values()):,}: asked {counts['ask']:,}, later {counts['later']:,},"
            f" not asked {counts['never']:,}; sent {one['sent']:,}, reminders {one['reminded']:,}, answers {one['answered']:,}"
        )
    return lines or ["There are no rules."]


def _standing(one: Mapping[str, Any]) -> str:
    if not one["in_settings"]:
        return ", no longer in the settings"
    return "" if one["in_force"] else ", not in force yet: start the service, or send it SIGHUP"


def _history(told: Mapping[str, Any]) -> list[str]:
    lines = []
    for one in told["rules"]:
        lines.append(one["rule"])
        for version in one["versions"]:
            until = f"until {version['until']}" if version["until"] else "in force"
            count = sum(version["decisions"].values())
            lines.append(f"  {version['version']}  since {version['since']}, {until}; decided {count:,}")
            lines += [f"    {change['key']}: {_shown(change['was'])} → {_shown(change['is'])}" for change in version["changes"]]
    return lines or ["No rule has been in force yet: palaute run notes them when it starts."]


def _shown(value: Any) -> str:
    if value is None:
        return "(default)"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _variants(told: Mapping[str, Any]) -> list[str]:
    lines = []
    for one in told["rules"]:
        lines.append(f"{one['rule']}  ({one['survey']})")
        lines += [_variant(variant) for variant in one["variants"]]
    if any(_unsure(variant) for one in told["rules"] for variant in one["variants"]):
        lines.append("* of fewer than 10: too few to judge by.")
    return lines or ["Nobody has got a variant yet: rules name them as variants = [...]."]


def _variant(variant: Mapping[str, Any]) -> str:
    return (
        f"  {variant['variant']}: {variant['answered']:,} of {variant['delivered']:,} answered"
        f"{_figure(variant['response_rate'], '%')}; {variant['metric'] or 'score'}{_figure(variant['score'], '')}"
    )


def _unsure(variant: Mapping[str, Any]) -> bool:
    return any(variant[key] is not None and variant[key]["too_few"] for key in ("response_rate", "score"))


def _figure(one: Mapping[str, Any] | None, unit: str) -> str:
    if one is None:
        return " –"
    mark = "*" if one["too_few"] else ""
    return f" {one['value']:.0f}{unit} ({one['low']:.0f} to {one['high']:.0f}){mark}"


_SHOWN = {What.LIST: _list, What.HISTORY: _history, What.VARIANTS: _variants}
