"""One picture, seen and confirmed, to a local or a cloud model; and what proves nothing else left.

The way of a picture: a `Question` (requests.py) says all that would be sent, and where. A
`Preview` (consent.py) of it is shown, and gives a `Consent` for exactly those bytes. The
`Conversation` (conversation.py) has the `Client` (client.py) send it, and holds the answer. httpx
is imported by transport.py alone, within what sends.
"""
