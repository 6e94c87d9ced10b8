"""E-mail: an invitation as a mail with the scale in it, handed to one mail server over SMTP.

settings.py what may be set, words.py and template.html what is said, render.py both parts of one mail, headers.py what stands
above them, smtp.py the conversation with the server and what its codes mean, channel.py the contract.
"""
