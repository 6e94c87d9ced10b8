"""E-mail: an invitation as a mail with the scale in it, handed to one mail server over SMTP.

settings.py what may be set, words.py and template.html what is said, render.py both parts of one mail, mime.py what stands above
them, pace.py when a mail may go, smtp.py the conversation with the server, replies.py and codes.py what its codes mean,
imap_line.py the line to the mailbox of returned mails, inbox.py the mailbox and dsn.py what is in it, hooks.py what providers
call us with, sns.py what Amazon signs, channel.py the contract.
"""
