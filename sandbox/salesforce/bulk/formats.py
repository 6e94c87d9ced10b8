"""How version one of the Bulk API writes and reads: jobs and batches as XML or JSON, records as CSV or JSON.

About a job the service answers in the request's own format, about batches in the job's: JSON for JSON, XML for CSV.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import orjson

from sandbox.salesforce import errors
from sandbox.salesforce.bulk import ingests
from sandbox.salesforce.call import Reply
from sandbox.salesforce.metadata import deploying

_NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"


def result_list(result: str, *, as_json: bool) -> Reply:
    """Which results a query batch has; there is always one here."""
    if as_json:
        return Reply(body=[result])
    text = f'<result-list xmlns="{_NAMESPACE}"><result>{result}</result></result-list>'
    return Reply(body=text.encode(), content_type="application/xml")


def row_error(found: Sequence[Mapping[str, Any]]) -> str:
    """What was wrong with a row, as the CSV of results tells it."""
    return "".join(f"{error['statusCode']}:{error['message']}:{','.join(error.get('fields', ()))} --" for error in found)


def rows(body: bytes, *, as_json: bool) -> list[dict[str, Any]]:
    """The records of a batch. Raises InvalidBatch."""
    if as_json:
        try:
            given = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise errors.ApiError(400, "InvalidBatch", "Failed to parse JSON") from error
        return [errors.an_object(row) for row in (given if isinstance(given, list) else [given])]
    lines = [row for row in csv.reader(io.StringIO(body.decode("utf-8-sig", "replace"))) if row]
    return [ingests.values(lines[0], row) for row in lines[1:]]


def parsed(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """What a request says of a job. Raises InvalidJob."""
    try:
        if "json" in headers.get("content-type", ""):
            return errors.an_object(orjson.loads(body))
        found = deploying.tree(ElementTree.fromstring(body))
    except (orjson.JSONDecodeError, ElementTree.ParseError) as error:
        raise errors.ApiError(400, "InvalidJob", "Unable to parse the job") from error
    return found if isinstance(found, dict) else {}


def asks_json(headers: Mapping[str, str]) -> bool:
    """Whether a request speaks JSON; else XML."""
    return "json" in headers.get("content-type", "") + headers.get("accept", "")


def written(name: str, info: Mapping[str, Any], *, as_json: bool, status: int = 200) -> Reply:
    """A job, a batch or an error, as JSON or as the XML element ``name``."""
    if as_json:
        return Reply(status=status, body=dict(info), content_type="application/json")
    text = f'<?xml version="1.0" encoding="UTF-8"?><{name} xmlns="{_NAMESPACE}">{_xml(info)}</{name}>'
    return Reply(status=status, body=text.encode(), content_type="application/xml")


def _xml(info: Mapping[str, Any]) -> str:
    return "".join(
        f"<{name}>{_xml(one) if isinstance(one, Mapping) else escape(str(one))}</{name}>"
        for name, value in info.items()
        for one in (value if isinstance(value, list) else [value])
    )
