"""Link: nothing is sent; the page's address stands on the CRM record, and the people who work there hand it on.

settings.py what may be set, channel.py the contract.
"""
