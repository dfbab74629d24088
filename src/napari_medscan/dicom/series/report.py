"""LoadReport: what became of every file of a drop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from napari_medscan.counted import counted
from napari_medscan.dicom.series.dicom_object import DicomObject
from napari_medscan.dicom.series.stack import Stack

_MOST = 3
"""Kinds of skipped files that the summary lists."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The stacks of a drop, and an account of every file in it.

    Parameters
    ----------
    stacks : tuple of Stack
        What can be shown.
    skipped : dict of str to str
        Name and reason of each file that is no image.
    duplicates : dict of str to str
        Name of each file that repeats another, and of that other.
    unreadable : dict of str to str
        Name and reason of each image that cannot be shown.
    warnings : tuple of str
        What the user should know about the drop as a whole.
    objects : tuple of DicomObject
        Segmentations and other objects that were made from images.
    """

    stacks: tuple[Stack, ...] = ()
    skipped: dict[str, str] = field(default_factory=dict)
    duplicates: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    objects: tuple[DicomObject, ...] = ()

    @property
    def shown(self) -> int:
        """Number of files that the stacks and objects are made of."""
        files = [stack.files for stack in self.stacks] + [each.files for each in self.objects]
        return len(set(chain.from_iterable(files)))

    @property
    def files(self) -> int:
        """Number of files in the drop."""
        return self.shown + len(self.skipped) + len(self.duplicates) + len(self.unreadable)

    def tried(self, stacks: Sequence[Stack]) -> LoadReport:
        """Return the report after trying to decode the single images among `stacks`.

        A series with a corrupt slice is displayed with a blank in its place. An image whose only
        frame is corrupt has nothing to display and counts as unreadable; one that took too long
        appears when it was read once more.
        """
        single = [stack for stack in stacks if len(stack.slices) == 1]
        for stack in single:
            stack.array.frame(0)
        broken = [stack for stack in single if stack.problems and not stack.array.is_late(0)]
        why = {name: s.problems[0] for s in broken for name in s.files}
        return replace(
            self,
            stacks=tuple(s for s in self.stacks if s not in broken),
            objects=tuple(each for each in self.objects if each.home not in broken),
            unreadable={**self.unreadable, **why},
        )

    def summary(self) -> str:
        """Return what is not displayed, in short sentences; '' when nothing is missing."""
        unreadable, duplicates = len(self.unreadable), len(self.duplicates)
        sentences = []
        if unreadable:
            reasons = set(self.unreadable.values())
            why = f" ({reasons.pop()})" if len(reasons) == 1 else ""
            sentences.append(f"{counted(unreadable, 'file')} could not be read{why}")
        if duplicates:
            sentences.append(f"{counted(duplicates, 'duplicate file')} ignored")
        if not self.files:
            return "The folder is empty."
        objects = (each for each in self.objects if each.files)
        documents = [each.kind_name for each in objects if not each.is_shown_at_once]
        others = [*self.skipped.values(), *documents]
        if not self.stacks and len(others) == self.files:
            return _ended(f"No images found: {_kinds(others)}")
        if documents:
            sentences.append(f"{_kinds(documents)} listed in the DICOM panel")
        if self.skipped:
            kinds = _kinds(self.skipped.values())
            count = counted(len(self.skipped), "file")
            sentences.append(f"{count} skipped: {kinds}" if ", " in kinds else f"{kinds} skipped")
        if not self.stacks and not self.objects:
            sentences.insert(0, "No images found")
        return " ".join(map(_ended, (*sentences, *self.warnings)))


_COUNTED = {
    "structured report": ("report", "reports"),
    "RT Structure Set": ("RT structure set", "RT structure sets"),
    "encapsulated PDF": ("PDF", "PDFs"),
    "label image of a slide": ("label image of a slide", "label images of slides"),
    "overview image of a slide": ("overview image of a slide", "overview images of slides"),
    "not DICOM": ("non-DICOM file", "non-DICOM files"),
    "no pixel data": ("object without pixel data", "objects without pixel data"),
    "raw data": ("raw data file", "raw data files"),
    "MR spectroscopy": ("MR spectroscopy", "MR spectroscopy"),
    "spatial fiducials": ("set of spatial fiducials", "sets of spatial fiducials"),
    "tractography results": ("tractography result", "tractography results"),
    "microscopy annotations": ("set of annotations", "sets of annotations"),
    "permission denied": ("file without read permission", "files without read permission"),
    "cannot be read": ("unreadable file", "unreadable files"),
}
"""How many files of a kind are counted, where an "s" is not enough."""


def _kinds(reasons: Iterable[str]) -> str:
    """Return the most frequent kinds of skipped files: "3 reports, 1 RT plan, 1 PDF, …"."""
    counts: Counter[tuple[str, str]] = Counter()
    for reason in reasons:
        # "PDF, not DICOM" and "symbolic link (not followed)" are counted by their nouns.
        noun = reason.split(", ")[0].split(" (")[0]
        counts[_COUNTED.get(noun, (noun, f"{noun}s"))] += 1
    listed = [f"{n:,} {many if n > 1 else one}" for (one, many), n in counts.most_common(_MOST)]
    return ", ".join(listed + ["…"] * (len(counts) > _MOST))


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith("…") else f"{sentence}."
