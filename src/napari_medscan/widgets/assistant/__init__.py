"""The assistant's dock: what would be sent, seen and confirmed; and what came back.

`dock` puts it together. `service` says whom to ask, `images` about what, `prompt` which question;
`details` shows all that goes with the images, `ask` has the only "Send", `answer` shows what comes.
"""
