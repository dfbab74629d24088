"""The way of an image from the viewer to a model, and what proves that nothing else left.

::

    Look          napari_/image_in_view.py  what the viewer shows, settled
    SealedImage   render/, privacy/         rendered, checked for text, masked, encoded, validated
    Question      requests.py               all that would be sent, and where
    Consent       consent.py                all seen and confirmed (privacy/gate.py); for one send
    Sending       client.py                 allow-list, key and audit, then one connection
    Response      transport.py              what comes back, bounded; network.py watches the sockets
    Exchange      conversation.py           the answer (answers.py), tied to its images

httpx is imported by transport.py alone, within what sends.
"""
