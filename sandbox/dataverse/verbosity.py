"""``Accept: application/json;odata.metadata=none``: answers without control information but links, counts and annotations."""

import re
from typing import Any

import orjson

from sandbox.dataverse import exchange

_LEVEL = re.compile(r"odata\.metadata=(none|minimal|full)")
_KEPT = ("@odata.nextLink", "@odata.deltaLink", "@odata.count")


def cut(answer: exchange.Answer, accept: str) -> exchange.Answer:
    """The answer at the level that ``Accept`` asks for; ``full`` comes as ``minimal``, which the protocol allows."""
    level = _LEVEL.search(accept)
    if level is None or level[1] != "none" or answer.headers.get("Content-Type") != exchange.JSON or answer.status >= 400:
        return answer
    headers = {**answer.headers, "Content-Type": "application/json; odata.metadata=none"}
    return exchange.Answer(status=answer.status, body=orjson.dumps(_bare(orjson.loads(answer.body))), headers=headers)


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if isinstance(value, dict):
        return {name: _bare(inner) for name, inner in value.items() if "@odata." not in name or name.endswith(_KEPT)}
    return value
