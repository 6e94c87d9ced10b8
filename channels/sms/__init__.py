"""SMS: an invitation as one short text, handed to a gateway over HTTP.

settings.py what may be set, alphabet.py what a part of a text holds, render.py what is said, gateway.py what every gateway keeps,
http.py the gateway that settings describe, twilio.py Twilio's, hooks.py what gateways tell us back, channel.py the contract.
"""
