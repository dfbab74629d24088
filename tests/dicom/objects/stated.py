"""Presentation states, written for the tests of objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset

from ..making import ct, item
from .reports import NO_IMAGE

GRAY = "1.2.840.10008.5.1.4.1.1.11.1"
BLENDING = "1.2.840.10008.5.1.4.1.1.11.4"


def refer(*instances: str, frames: Sequence[int] = ()) -> list[Dataset]:
    """Return a Referenced Image Sequence."""
    found = [item(ReferencedSOPClassUID="1.2", ReferencedSOPInstanceUID=uid) for uid in instances]
    for each in found if frames else ():
        each.ReferencedFrameNumber = list(frames)
    return found


def graphic(kind: str, points: Sequence[float], units: str = "PIXEL", **changes: Any) -> Dataset:
    """Return a graphic object; points are columns and rows."""
    attributes = {
        "GraphicAnnotationUnits": units,
        "GraphicDimensions": 2,
        "NumberOfGraphicPoints": len(points) // 2,
        "GraphicData": list(map(float, points)),
        "GraphicType": kind,
        "GraphicFilled": "N",
    }
    return item(**{**attributes, **changes})


def text(words: str, **changes: Any) -> Dataset:
    """Return a text object."""
    return item(UnformattedTextValue=words, **changes)


def annotation(*objects: Dataset, layer: str = "A", images: Sequence[Dataset] = ()) -> Dataset:
    """Return an item of Graphic Annotation Sequence."""
    texts = [each for each in objects if "UnformattedTextValue" in each]
    graphics = [each for each in objects if "GraphicType" in each]
    parts = {
        "ReferencedImageSequence": list(images),
        "TextObjectSequence": texts,
        "GraphicObjectSequence": graphics,
    }
    return item(GraphicLayer=layer, **{name: value for name, value in parts.items() if value})


def state(images: Sequence[Dataset] = (), *, series: str = "1.2.3.3", **changes: Any) -> Dataset:
    """Return a Grayscale Softcopy Presentation State (PS3.3 A.33.1) for images of a series."""
    references = [item(SeriesInstanceUID=series, ReferencedImageSequence=list(images))]
    attributes = {
        "SOPClassUID": GRAY,
        "SOPInstanceUID": "1.2.3.8.1",
        "SeriesInstanceUID": "1.2.3.8",
        "SeriesNumber": 8,
        "SeriesDescription": "States",
        "Modality": "PR",
        "ContentLabel": "FINDING",
        "ReferencedSeriesSequence": references,
        "PresentationLUTShape": "IDENTITY",
    }
    return ct(**{**dict.fromkeys(NO_IMAGE), **attributes, **changes})


def blending(below: str, above: str, **changes: Any) -> Dataset:
    """Return a Blending Softcopy Presentation State (PS3.3 A.33.4) for two series."""
    windows = {"UNDERLYING": (40, 400), "SUPERIMPOSED": (300, 200)}
    parts = [
        item(
            BlendingPosition=place,
            ReferencedSeriesSequence=[item(SeriesInstanceUID=series)],
            RescaleIntercept=-1024,
            RescaleSlope=1,
            SoftcopyVOILUTSequence=[item(WindowCenter=center, WindowWidth=width)],
        )
        for (place, (center, width)), series in zip(windows.items(), (below, above), strict=True)
    ]
    ramp = bytes(range(256))
    colors: dict[str, Any] = {}
    for color, entries in (("Red", ramp), ("Green", bytes(256)), ("Blue", bytes(256))):
        colors[f"{color}PaletteColorLookupTableDescriptor"] = [256, 0, 8]
        colors[f"{color}PaletteColorLookupTableData"] = entries
    attributes = {
        "SOPClassUID": BLENDING,
        "ReferencedSeriesSequence": None,
        "BlendingSequence": parts,
        "RelativeOpacity": 0.5,
        **colors,
    }
    return state(**{**attributes, **changes})
