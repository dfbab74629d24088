"""Pictures of the corpus: which cases train, which measure, and which show text.

Split by case. Who shows text was seen by looking at each of them; `us-rgb` and
`us-j2k-rct`, and `pm-float` and `seg-ct-highdicom`, show the same picture.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_medscan import phantoms
from napari_medscan.dicom import load

HERE = Path(__file__).parents[1]
CORPUS = Path(os.environ.get("MEDSCAN_CORPUS") or HERE.parent / "shared/corpus")
TRAINING = (
    "cr-monochrome1-small",
    "ct-head-slicer93",
    "ct-missing-slice",
    "ct-overlay-brain",
    "ct-tilt-ge-variable-spacing",
    "ct-toshiba-4d-perfusion-tiny",
    "ect-nema-2frame",
    "emr-philips-anat",
    "mr-cor-ge16-archivetree",
    "mr-fmri-ge-4d-15x7",
    "mr-mosaic-axial",
    "mr-mosaic-sagittal-odd35",
    "mr-multiecho-incomplete",
    "mr-sag-siemens10",
    "mr-three-plane-survey-zip",
    "nm-heart-13frames",
    "pet-jpegll-rescale",
    "pm-float",
    "pr-luts-with-image",
    "rt-phantom-ibsi-pat2",
    "rt-struct-on-ct-rtutils",
    "seg-ct-highdicom",
    "us-planar-vs-interleaved",
    "wsi-highdicom-tiny",
)
"""None of them shows text; all others measure."""
SHOW_TEXT = {
    "lut-modality-voi": "SMPTE pattern",
    "mg-8bit": "a page of text",
    "sc-rgb-variants": "the words red, green, blue, in the first of two stacks",
    "us-j2k-rct": "ultrasound, hospital and numbers",
    "us-palette": "ultrasound, letters and numbers",
    "us-palette-rle-10frames": "ultrasound, letters and numbers",
    "us-rgb": "ultrasound, hospital and numbers",
    "us-ybr422-30frames": "ultrasound, letters and numbers",
}
NO_PICTURES = ("bad-", "ts-", "dicomdir-", "rtdose-", "charset-")
"""Broken files, and copies of pictures of other cases."""
MOST = 17
WINDOWS = ((1, 99.5), (20, 80), (60, 99.9))
"""In percentiles: wide, narrow, and of what is bright."""
LIKE_NEIGHBORS = 0.2
"""What pixels of a picture correlate with those beside them at least: 0.3 to 1, noise 0."""
PRESETS = ((-160, 240), (-1350, 150), (-450, 1050), (0, 80))
"""In HU: soft tissue, lung, bone, brain."""
PHANTOMS = {
    True: (phantoms.write_mr_brain_oblique,),
    False: (phantoms.write_ct_chest, phantoms.write_pet_ct),
}
"""Our own: the head trains, the chest measures."""
Picture = NDArray[np.uint8]


@dataclass
class Case:
    """Frames of one stack, as stored."""

    name: str
    modality: str
    has_text: bool
    frames: list[NDArray[np.generic]]

    def pictures(self, window: tuple[float, float] | None = None) -> list[Picture]:
        """Return them in a window, by default the first one; those in color as they are."""
        if self.frames[0].ndim == 3:
            return [np.ascontiguousarray(frame[..., :3]).astype(np.uint8) for frame in self.frames]
        low, high = window or self.windows[0]
        scale = 255 / max(high - low, 1e-6)
        scaled = [np.nan_to_num((frame - low) * scale) for frame in self.frames]  # type: ignore[operator]
        return [frame.clip(0, 255).astype(np.uint8) for frame in scaled]

    @property
    def is_noise(self) -> bool:
        """Whether random numbers stand in place of the picture, to hide a patient."""
        first = np.nan_to_num(self.frames[0].astype(np.float64))  # type: ignore[call-overload]
        gray = first.mean(axis=2) if first.ndim == 3 else first
        apart = gray - gray.mean()
        return float((apart[:, 1:] * apart[:, :-1]).mean()) < LIKE_NEIGHBORS * float(gray.var())

    @property
    def windows(self) -> list[tuple[float, float]]:
        """The windows, in values, that false alarms are looked for in; color has but one."""
        if self.frames[0].ndim == 3:
            return [(0, 255)]
        values = np.stack(self.frames)
        found = [tuple(map(float, np.nanpercentile(values, window))) for window in WINDOWS]
        return [*found, *(PRESETS if self.modality == "CT" else ())]  # type: ignore[list-item]


def cases(*, training: bool, least: int = 100) -> Iterator[Case]:
    """Yield the stacks of one half of the corpus whose pictures are not tiny."""
    for folder in sorted((CORPUS / "cases").iterdir()):
        name = folder.name
        if (name in TRAINING) != training or name.startswith(NO_PICTURES):
            continue
        try:
            stacks = load(folder).stacks
        except Exception as error:  # noqa: BLE001 - the corpus holds broken files
            print("skipped", name, type(error).__name__)
            continue
        for index, stack in enumerate(stacks[:2]):
            frames = sampled(stack)
            if frames and min(frames[0].shape[:2]) >= least:
                has_text = name in SHOW_TEXT and (name != "sc-rgb-variants" or index == 0)
                yield Case(name, stack.modality, has_text, frames)


def clean(*, training: bool) -> Iterator[Case]:
    """Yield our own phantoms: clean shapes, in which an edge stands out as those of letters do."""
    for write in PHANTOMS[training]:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder))
            for stack in load(Path(folder)).stacks:
                yield Case("phantom", stack.modality, has_text=False, frames=sampled(stack))


def volume(stack: object) -> NDArray[np.float32] | None:
    """Return the first volume of a stack of gray pictures, or None."""
    try:
        array = np.asarray(stack.array)  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - the corpus holds broken files
        return None
    if stack.is_rgb or array.ndim < 3:  # type: ignore[attr-defined]
        return None
    return np.nan_to_num(array.reshape(-1, *array.shape[-3:])[0].astype(np.float32))


def sampled(stack: object) -> list[NDArray[np.generic]]:
    """Return frames of all over a stack; the first one is of its middle."""
    array = stack.array  # type: ignore[attr-defined]
    lead = array.shape[: array.ndim - (3 if stack.is_rgb else 2)]  # type: ignore[attr-defined]
    count = int(np.prod(lead))
    chosen = sorted(set(np.linspace(0, count - 1, min(count, MOST)).round().astype(int).tolist()))
    chosen.insert(0, chosen.pop(len(chosen) // 2))
    try:
        return [np.asarray(array[np.unravel_index(i, lead)] if lead else array) for i in chosen]
    except Exception:  # noqa: BLE001 - the corpus holds broken files
        return []
