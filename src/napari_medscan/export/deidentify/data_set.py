"""De-identifying one data set, to any depth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_sequence
from pydicom.tag import BaseTag

from napari_medscan.dicom.elements.private_elements import Private, PrivateBlocks
from napari_medscan.export.deidentify import values
from napari_medscan.export.deidentify.options import Profile
from napari_medscan.export.deidentify.pseudonyms import Pseudonyms
from napari_medscan.export.deidentify.rules import Action, action_of
from napari_medscan.export.deidentify.siemens import reduced_csa
from napari_medscan.export.deidentify.tables import trim

_SAFE_VRS: Final = frozenset(("CS", "DS", "FD", "FL", "IS", "SL", "SS", "UL", "US"))
_SAFE: Final = """
Philips PET Private Group|7053: 00 DS, 09 DS
ELSCINT1|00E1: 21 DS, 50 DS
ELSCINT1|01E1: 26 CS
ELSCINT1|01F1: 01 CS, 07 DS, 26 DS, 27 DS
GEMS_ACQU_01|0019: 23 DS, 24 DS, 27 DS
GEMS_SERS_01|0025: 07 SL
GEMS_PARM_01|0043: 27 SH, 39 IS, 6F DS
GEMS_HELIOS_01|0045: 01 SS, 02 FL
GEIIS PACS|0903: 10 US, 11 US, 12 US
Philips Imaging DD 001|2001: 03 FL, 04 CS
Philips MR Imaging DD 001|2005: 0D FL, 0E FL
SIEMENS MR HEADER|0019: 0C IS, 0D CS, 0E FD, 27 FD
NQHeader|0099: 04 SS, 10 FL, 21 FL
"""
"""Rows of table E.3.10-1 of PS3.15: creator, group, elements with their VRs. Without
sequences, bytes and free text, which can hold anything, and the volumes of parts of the brain."""


def _listed() -> dict[tuple[str, int], dict[int, str]]:
    found = {}
    for line in _SAFE.strip().splitlines():
        block, _, rows = line.rpartition(": ")
        creator, _, group = block.rpartition("|")
        pairs = (row.split() for row in rows.split(","))
        found[creator, int(group, 16)] = {int(element, 16): vr for element, vr in pairs}
    return found


_LISTED: Final = _listed()


_READ: Final[dict[int, str]] = {member: member.vr.decode("ascii") for member in Private}
"""What MedScan reads, and its VRs; of Siemens' bytes (OB), a few numbers are retained."""


_RESCALE: Final = frozenset((BaseTag(0x00281052), BaseTag(0x00281053)))
"""Rescale Intercept and Rescale Slope."""


@dataclass(slots=True)
class Cleaner:
    """De-identifies the data sets of one file.

    Parameters
    ----------
    profile : Profile
        What is retained.
    pseudonyms : Pseudonyms
        Of the run and the patient.
    words : frozenset of str
        Words in capitals that identify the patient.
    changes : Counter of str
        How often what was done to which attribute: "PatientName replaced". No value is in it.
    """

    profile: Profile
    pseudonyms: Pseudonyms
    words: frozenset[str]
    changes: Counter[str] = field(default_factory=Counter)

    def clean(self, data: Dataset) -> None:
        """De-identify a data set in place, with all that is nested in it."""
        safe = self._safe_private(data) if self.profile.private else {}
        had_both = all(tag in data for tag in _RESCALE)
        for tag in list(data.keys()):
            if tag.is_private:
                if not self._is_safe(data, tag, safe):
                    del data[tag]
                    self.changes["private elements removed"] += 1
                continue
            self._clean_public(data, tag)
        self._remove_half_a_rescale(data, had_both=had_both)

    def _remove_half_a_rescale(self, data: Dataset, *, had_both: bool) -> None:
        """Remove slope or intercept when the other is gone: alone it would mean other values."""
        empty = [tag for tag in _RESCALE if tag not in data or data[tag].is_empty]
        if had_both and len(empty) == 1:
            for tag in _RESCALE & data.keys():
                del data[tag]
            self.changes["RescaleSlope and RescaleIntercept removed"] += 1

    def _clean_public(self, data: Dataset, tag: BaseTag) -> None:
        keyword = keyword_for_tag(tag)
        vr = data.get_item(tag).VR or ""
        if vr in ("", "UN") and dictionary_has_tag(tag):
            # Of lookup tables it may be OW: words that could be text.
            vr = dictionary_VR(tag).split(" or ")[-1]
        action = action_of(tag, vr, keyword, self.profile)
        if action is not Action.REMOVE:
            try:
                element = data[tag]
                if element.VR != "UN" and self._applied(element, action) and trim(element, data):
                    return
            except Exception:  # noqa: BLE001, S110 - a value that cannot be read is not retained
                pass
        del data[tag]
        self.changes[f"{keyword or 'unknown elements'} removed"] += 1

    def _applied(self, element: DataElement, action: Action) -> bool:
        """Do what an action says to an element; return False if it must be removed after all."""
        name = element.keyword
        if element.VR == "SQ":
            return self._applied_to_items(element, action)
        if action is Action.KEEP:
            if not values.checked(element, self.words):
                self.changes[f"{name} cleaned"] += 1
            return True
        if action is Action.SHIFT:
            values.shift(element, self.pseudonyms)
        elif action is Action.MAP_UID:
            if not self.profile.uids:
                values.map_uids(element, self.pseudonyms)
            return True
        elif action is Action.CLEAN:
            values.clean(element, self.words)
        elif action is Action.AGE:
            values.limit_age(element)
            return True
        elif action is Action.PSEUDONYM:
            element.value = self.pseudonyms.name
        else:
            is_dummy = action is Action.DUMMY and not element.is_empty
            element.value = values.dummy_of(element.VR) if is_dummy else None
        self.changes[f"{name} {_DONE[action]}"] += 1
        return True

    def _applied_to_items(self, element: DataElement, action: Action) -> bool:
        if action is Action.EMPTY:
            element.value = []
            self.changes[f"{element.keyword} emptied"] += 1
            return True
        if action is not Action.KEEP:
            return False
        for item in element.value:
            self.clean(item)
        return True

    def _safe_private(self, data: Dataset) -> dict[int, tuple[str, int]]:
        """Return VR and `Private`, if any, of the safe private elements and their creators."""
        found: dict[int, tuple[str, int]] = {}
        manufacturer = str(data.get("Manufacturer") or "").encode("latin-1", "replace")
        blocks = PrivateBlocks(manufacturer)
        listed: dict[int, str] = {}
        private = [tag for tag in list(data.keys()) if tag.is_private]
        for tag in private:
            if tag.is_private_creator:
                creator = _text_of(data, tag)
                blocks.reserve(int(tag), creator.encode("latin-1", "replace"))
                for element, vr in _LISTED.get((creator, tag.group), {}).items():
                    listed[tag.group << 16 | tag.element << 8 | element] = vr
        for tag in private:
            key = blocks.key_of(int(tag))
            vr = _READ.get(key) or listed.get(int(tag), "")
            if vr and not tag.is_private_creator:
                found[int(tag)] = vr, key
                found[tag.group << 16 | tag.element >> 8] = "LO", 0
        return found

    def _is_safe(self, data: Dataset, tag: BaseTag, safe: Mapping[int, tuple[str, int]]) -> bool:
        """Whether a private element is retained; its value is checked as that of a public one."""
        vr, key = safe.get(int(tag), ("", 0))
        if not vr:
            return False
        try:
            return tag.is_private_creator or self._is_retained(data[tag], vr, key)
        except Exception:  # noqa: BLE001 - a value that cannot be read is not retained
            return False

    def _is_retained(self, element: DataElement, vr: str, key: int) -> bool:
        """Whether a safe private element has a value of its VR; shift or reduce what it holds."""
        if vr == "DT":
            return self._shifted(element)
        if vr == "SH":
            return values.is_ratio(element.value)
        if vr == "OB":
            element.value = reduced_csa(key, bytes(element.value), self.words)
            return bool(element.value)
        if vr == "SQ":
            return self._cleaned_items(element)
        if element.VR == "UN":
            return vr in _SAFE_VRS and values.is_plain(element.value, vr)
        return element.VR in _SAFE_VRS and values.checked(element, self.words)

    def _cleaned_items(self, element: DataElement) -> bool:
        if element.VR == "UN":
            # A sequence of a VR that who wrote it did not know (PS3.5 6.2.2).
            stream = BytesIO(element.value)
            items = read_sequence(stream, True, True, len(element.value), "iso8859")
            element.VR, element.value = "SQ", items
        for item in element.value:
            self.clean(item)
        return True

    def _shifted(self, element: DataElement) -> bool:
        if not self.profile.dates:
            return False
        if element.VR == "UN":
            element.VR, element.value = "DT", element.value.decode("ascii").strip(" \0")
        values.shift(element, self.pseudonyms)
        return True


_DONE: Final = {
    Action.SHIFT: "shifted",
    Action.CLEAN: "cleaned",
    Action.PSEUDONYM: "replaced",
    Action.EMPTY: "emptied",
    Action.DUMMY: "replaced",
}


def _text_of(data: Dataset, tag: BaseTag) -> str:
    """Return the value of a private creator."""
    value = data.get_item(tag).value
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text.strip(" \0")
