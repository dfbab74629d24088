"""The gate: which images may leave, and to whom, by what was seen and confirmed of them.

Send, Save, the clipboard and every export that claims to be without identity ask it. What is
remembered is the SHA-256 of images, in this session alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from napari_medscan.privacy.errors import NotConfirmedError
from napari_medscan.privacy.sealed_image import Concern, SealedImage

THIS_COMPUTER = "this computer"
"""The recipient of what is saved, copied and exported; a service is known by its origin."""


class Gate:
    """Remembers what was seen and confirmed of images, and lets out those that may leave."""

    def __init__(self) -> None:
        self._seen: dict[str, bool] = {}
        self._confirmed: dict[tuple[str, str], frozenset[Concern]] = {}

    def see(self, image: SealedImage, *, full_size: bool = False) -> None:
        """Note that all of an image was on screen, and whether at its full size."""
        self._seen[image.sha256] = full_size or self._seen.get(image.sha256, False)

    def is_seen(self, image: SealedImage, *, full_size: bool = False) -> bool:
        """Whether all of an image was on screen, at its full size if that is asked."""
        return self._seen.get(image.sha256, False) if full_size else image.sha256 in self._seen

    def may_confirm(self, image: SealedImage) -> bool:
        """Whether all was seen that a confirmation is about: text, at full size."""
        return self.is_seen(image, full_size=image.is_suspected)

    def confirm(
        self, image: SealedImage, recipient: str, concerns: Iterable[Concern] = Concern
    ) -> None:
        """Note that the user has no objection to an image because of these concerns.

        What a recipient may get (the origin of a service, or `THIS_COMPUTER`) may also be saved.
        """
        for who in (recipient, THIS_COMPUTER):
            before = self._confirmed.get((image.sha256, who), frozenset())
            self._confirmed[image.sha256, who] = before | frozenset(concerns)

    def withdraw(self, image: SealedImage, recipient: str) -> None:
        """Take a confirmation back."""
        for who in (recipient, THIS_COMPUTER):
            self._confirmed.pop((image.sha256, who), None)

    def open_concerns(self, image: SealedImage, recipient: str) -> frozenset[Concern]:
        """Return what has still to be confirmed."""
        return image.concerns - self._confirmed.get((image.sha256, recipient), frozenset())

    def missing(self, image: SealedImage, recipient: str) -> str:
        """Return what the user has to do before an image may leave, '' when nothing."""
        concerns = self.open_concerns(image, recipient)
        if Concern.TEXT in concerns:
            return "Mask the outlined text, or confirm that it is not a name."
        if Concern.HEADER in concerns:
            return "Check the image for names, and confirm that none is visible."
        if concerns:
            return "Confirm that nobody can be recognized, or that the face may be shown."
        return ""

    def check(self, image: SealedImage, recipient: str) -> None:
        """Let an image out; raises NotConfirmedError when something has to be confirmed first."""
        missing = self.missing(image, recipient)
        if missing:
            concerns = self.open_concerns(image, recipient)
            reasons = [why for each, why in image.reasons.items() if each in concerns]
            raise NotConfirmedError(missing, reasons[0])


SESSION = Gate()
"""What was seen and confirmed since this process began."""
