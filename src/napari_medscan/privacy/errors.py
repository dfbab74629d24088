"""Why an image may not leave, in sentences for the user."""

from __future__ import annotations

from napari_medscan.dicom.errors import MedscanError

EXTRA_DATA = "The image contains extra data, and was neither sent nor saved. Please report this."


class ImageError(MedscanError):
    """An image that cannot be made, or whose bytes hold more than pixels."""


class NotConfirmedError(MedscanError):
    """Somebody has to look at the image, or confirm something about it, before it may leave.

    Parameters
    ----------
    missing : str
        What has to be done, as a sentence; the text of the error.
    reason : str
        Why, as a sentence without the period.
    """

    def __init__(self, missing: str, reason: str = "") -> None:
        super().__init__(missing)
        self.reason = reason
