"""Saving the current series as de-identified DICOM, after a look at all of its pixels."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Final

import napari.viewer
import numpy as np
from magicgui.widgets import CheckBox, Widget
from napari.layers import Image
from qtpy.QtWidgets import QWidget

from napari_medscan.dicom import Stack
from napari_medscan.dicom.files.walk import DroppedFile
from napari_medscan.export.checked_images import stored_look
from napari_medscan.export.deidentify import Mask, Outcome, Profile
from napari_medscan.export.deidentify.pseudonyms import new_key
from napari_medscan.export.deidentify.run import Job, deidentify_files
from napari_medscan.export.errors import ExportError
from napari_medscan.export.new_files import new_folder
from napari_medscan.export.volume import Progress
from napari_medscan.napari_.file_traces import ask_for_folder
from napari_medscan.napari_.gui import main_window, size_on_screen
from napari_medscan.napari_.image_in_view import DERIVED
from napari_medscan.napari_.layer_identity import series_of
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.progress import run_with_progress
from napari_medscan.napari_.series_command import canvas_command
from napari_medscan.privacy.gate import SESSION, Gate
from napari_medscan.privacy.signals import WITH_REGIONS
from napari_medscan.render.prepare import box_of
from napari_medscan.widgets.image.review_window import ReviewWindow
from napari_medscan.widgets.panel.form import check, column, heading

_KEY: Final = new_key()
"""Of this session: series that are saved one after the other keep their patient and references."""
_TITLE = "Save series as de-identified DICOM"
_NOTE = (
    "Names, IDs and free text are removed from the headers, and pixels are masked as shown here. "
    "Series of a patient that you save in one session get the same pseudonym. Faces stay."
)
_KEPT = {
    "dates": ("Dates, all shifted by the same number of days", True),
    "characteristics": ("Sex, age, size and weight (SUV needs them)", True),
    "private": ("Private numbers and codes known to be safe (b-values)", True),
    "descriptors": ("Technical and anatomical words of descriptions", False),
    "device": ("Station names and serial numbers", False),
    "institution": ("Institution", False),
}
"""What can be kept, by the name that it has in `Profile`, and whether it is at first."""


class DeidentifyWindow(ReviewWindow):
    """Shows all images of a series as they are stored, and saves it without identity.

    Parent and gate are as of `ReviewWindow`.
    """

    def __init__(self, stack: Stack, parent: QWidget | None, gate: Gate = SESSION) -> None:
        self._stack = stack
        self.kept: dict[str, CheckBox] = {
            name: check(name, text, "", value=is_kept) for name, (text, is_kept) in _KEPT.items()
        }
        places = np.ndindex(stack.array.places.shape)
        looks = [stored_look(stack, place) for place in places if stack.array.places[place] >= 0]
        self.regions = check(
            "regions_only",
            "Black out everything outside the ultrasound regions",
            "Names are usually written there. What is inside stays",
            self._on_regions,
        )
        self.masks_regions = False
        options: list[Widget] = [self.regions, heading("Keep"), column(*self.kept.values())]
        super().__init__(_TITLE, _NOTE, looks, options, parent, gate)
        size_on_screen(self, 720, 900)
        self.regions.visible = stack.modality in WITH_REGIONS
        # Of a mosaic, an image is one of several parts of a frame.
        self.review.can_mask = all(record.tile is None for record in stack.slices)

    def save(self) -> None:
        """Ask for a folder and write the files of the series into a new one in it."""
        out = ask_for_folder(self, "Save de-identified DICOM in this folder")
        if out is None:
            return
        if any(path.parent.resolve() == out.resolve() for path in self._stack.paths):
            raise ExportError("The original files are in this folder. Choose another one")
        files, profile = _files_of(self._stack), self.profile
        is_examined = _is_whole(self._stack)

        def work(progress: Progress | None) -> list[Outcome]:
            with new_folder(_free(out, self.images[0].name.rpartition(".")[0])) as folder:
                job = Job(folder, profile, _KEY, is_examined=is_examined)
                outcomes = deidentify_files(files, job, progress)
                if not any(outcome.status == "written" for outcome in outcomes):
                    raise ExportError(_summary(outcomes).removesuffix("."))
            return outcomes

        tell(_summary(run_with_progress(work, "Saving series…", "files")))

    @property
    def profile(self) -> Profile:
        """What is retained and masked, and whether all images have been on screen."""
        uid = self._stack.header.series
        boxes = [box_of(part, self.images[0].frame) for part in self.review.masks]
        return Profile(
            **{name: bool(box.value) for name, box in self.kept.items()},
            pixels_checked=_is_whole(self._stack)
            and all(self.gate.is_seen(image) for image in self.images),
            masks=tuple(Mask(b.top, b.left, b.height, b.width, series=uid) for b in boxes),
            regions_only=bool(self.regions.value),
        )

    def _on_regions(self, is_masked: object) -> None:
        self.masks_regions = bool(is_masked)
        self.examine()


def _is_whole(stack: Stack) -> bool:
    """Whether all frames of the files of a series are in it: of others nobody has seen all."""
    seen = Counter((record.name, record.frames) for record in stack.slices)
    return all(count == frames for (_, frames), count in seen.items())


def _free(folder: Path, name: str) -> Path:
    """Return a path in a folder that does not exist: "ct-axial-deidentified-2"."""
    names = (f"{name}-deidentified{f'-{n}' if n > 1 else ''}" for n in count(1))
    return next(folder / each for each in names if not os.path.lexists(folder / each))


def _files_of(stack: Stack) -> list[DroppedFile]:
    """Return the files of a series, each once."""
    files = {record.name: record.file for record in stack.slices}
    return [DroppedFile(file, name) for name, file in files.items()]


def _summary(outcomes: Sequence[Outcome]) -> str:
    """Return how many files were written, and why others were not."""
    written = sum(outcome.status == "written" for outcome in outcomes)
    text = f"{written} of {len(outcomes)} files written."
    reasons = Counter(outcome.reason for outcome in outcomes if outcome.status != "written")
    for reason, number in reasons.items():
        text += f" {number} not written: {reason}."
    return text


@canvas_command
def save_deidentified(_viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show all images of the current series, and save it as de-identified DICOM."""
    stack = series_of(layer)
    if stack is None:
        tell(DERIVED)
        return
    DeidentifyWindow(stack, main_window()).show()
