"""Webhook: an invitation handed to another system, which asks the person in its own way and lets them answer on our page.

settings.py what may be set, payload.py what is handed over, signing.py who it is from (https://www.standardwebhooks.com),
channel.py the contract.
"""
