"""What is retained beyond the Basic Application Level Confidentiality Profile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from napari_medscan.export.deidentify.masks import Mask

_BASIC = ("113100", "Basic Application Confidentiality Profile")
_CLEAN_PIXELS = ("113101", "Clean Pixel Data Option")
_CLEAN_DESCRIPTORS = ("113105", "Clean Descriptors Option")
_MODIFIED_DATES = ("113107", "Retain Longitudinal Temporal Information Modified Dates Option")
_CHARACTERISTICS = ("113108", "Retain Patient Characteristics Option")
_DEVICE = ("113109", "Retain Device Identity Option")
_UIDS = ("113110", "Retain UIDs Option")
_SAFE_PRIVATE = ("113111", "Retain Safe Private Option")
_INSTITUTION = ("113112", "Retain Institution Identity Option")


@dataclass(frozen=True, slots=True)
class Profile:
    """The Basic Profile of PS3.15 E.2 with some of its options (E.3).

    Parameters
    ----------
    dates : bool
        Shift all dates of a patient by the same number of days (E.3.6); times of day stay. SUV,
        intervals and time axes survive. Otherwise they are emptied, removed or replaced.
    characteristics : bool
        Retain sex, age (90 at most), size, weight and the like (E.3.7). SUV needs the weight.
    private : bool
        Retain private elements that are known to be safe, numbers and codes (E.3.10): b-values,
        Philips' SUV factors.
    device : bool
        Retain the identity of the device (E.3.8).
    institution : bool
        Retain the identity of the institution (E.3.11).
    descriptors : bool
        Retain of descriptions the words that are known to be technical or anatomical (E.3.5).
    uids : bool
        Retain UIDs (E.3.9).
    pixels_checked : bool
        Whether a person has checked that no image identifies somebody, by text or by a face, where
        it is not masked. Without it, headers and pixels are examined (0.2 to 0.4 s of CPU for 512 x
        512 pixels), and what may identify somebody is refused.
    masks : tuple of Mask
        Rectangles that are blacked out in all frames.
    mask_text : bool
        Black out what looks like text: where the check of the pixels finds some in one frame of a
        file, in all frames of that file. Single strings can be missed.
    regions_only : bool
        Black out what lies outside the regions of an ultrasound (PS3.3 C.8.5.5). One without
        regions is refused, unless a rectangle of `masks` is for it.
    """

    dates: bool = True
    characteristics: bool = True
    private: bool = True
    device: bool = False
    institution: bool = False
    descriptors: bool = False
    uids: bool = False
    pixels_checked: bool = False
    masks: tuple[Mask, ...] = ()
    mask_text: bool = False
    regions_only: bool = False

    def codes(self, *, is_masked: bool = False) -> Iterator[tuple[str, str]]:
        """Yield code value and meaning of what is done (PS3.16 CID 7050).

        Parameters
        ----------
        is_masked : bool
            Whether pixels were masked. They are declared clean if a person has checked the others
            (PS3.15 E.3.1).
        """
        yield _BASIC
        if is_masked and self.pixels_checked:
            yield _CLEAN_PIXELS
        chosen = {
            _CLEAN_DESCRIPTORS: self.descriptors,
            _MODIFIED_DATES: self.dates,
            _CHARACTERISTICS: self.characteristics,
            _DEVICE: self.device,
            _INSTITUTION: self.institution,
            _UIDS: self.uids,
            _SAFE_PRIVATE: self.private,
        }
        yield from (code for code, is_chosen in chosen.items() if is_chosen)
