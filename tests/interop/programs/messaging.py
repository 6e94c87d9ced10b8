"""What a user of Twilio's own library, and a receiver of signed webhooks, might write; runs in the strangers' environment.

``python messaging.py VERB`` reads what it needs from its standard input and prints its result, both JSON. It imports nothing of
ours.
"""

import json
import os
import sys
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

Given = dict[str, Any]
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"


def _client(given: Given) -> Any:
    client = Client(given["account_sid"], given["auth_token"])
    client.api.base_url = given["url"]
    return client


def send(given: Given) -> Any:
    """A text, as the library's documentation sends one."""
    told = {"to": given["to"], "from_": given["sender"], "body": given["body"]}
    callback = {"status_callback": given["callback"]} if given.get("callback") else {}
    made = _client(given).messages.create(**told, **callback)
    return {"sid": made.sid, "status": made.status, "segments": made.num_segments, "to": made.to, "direction": made.direction}


def refused(given: Given) -> Any:
    """The library's own exception for a text that is refused."""
    try:
        send(given)
    except TwilioRestException as error:
        return {"status": error.status, "code": error.code, "words": error.msg}
    return {}


def account(given: Given) -> Any:
    """The account."""
    found = _client(given).api.accounts(given["account_sid"]).fetch()
    return {"sid": found.sid, "status": found.status}


def validate(given: Given) -> Any:
    """Whether the library takes a call for Twilio's."""
    return RequestValidator(given["auth_token"]).validate(given["url"], given["form"], given["signature"])


def verify(given: Given) -> Any:
    """Whether the library takes a webhook for genuine."""
    try:
        Webhook(given["secret"]).verify(given["body"], given["headers"])
    except WebhookVerificationError:
        return False
    return True


if __name__ == "__main__":
    verbs = {"send": send, "refused": refused, "account": account, "validate": validate, "verify": verify}
    sys.stdout.write(json.dumps(verbs[sys.argv[1]](json.loads(sys.stdin.read()))))
