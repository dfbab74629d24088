"""The assistant's dock: what would be sent, seen and confirmed; and what came back.

`dock` puts it together. `service` says whom to ask, `prompt` what, `options` and `preparing` of
which picture; `preview` shows all of it and holds the only "Send"; `answer` shows what comes.
"""
