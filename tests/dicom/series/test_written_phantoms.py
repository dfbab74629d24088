"""Series as files: what `test_phantoms_4d` has in memory, by the attributes that scanners write.

Read anew and from the index, they are pure volumes at their true places. 400 series in `make
torture`.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from itertools import product

import numpy as np
import pytest

from napari_medscan.dicom import load, loading
from napari_medscan.dicom.series.repeats import BY_NAME
from napari_medscan.frames import FrameCache

from ..making import NATIVE, ct, write

EXAMPLES = 400 if os.environ.get("MEDSCAN_TORTURE") else 5
MEANINGS = {
    "ImageType": [["ORIGINAL", "PRIMARY", kind] for kind in "MPR"],
    "ComplexImageComponent": ["MAGNITUDE", "PHASE", "REAL"],
    "KVP": [80, 100, 140],
    "ConvolutionKernel": ["B30f", "B70f", "B45f"],
    "ContrastBolusAgent": [None, "Gd", "Fe"],
    "MonoenergeticEnergyEquivalent": [40.0, 70.0, 100.0],
    "Units": ["BQML", "CNTS", "GML"],
    "SeriesDescription": ["Water", "VMI", "Iodine"],
    "GEMS_PARM_01": [0, 1, 2],
    "Philips MR Imaging DD 001": ["M", "P", "R"],
}
"""Values of one attribute, or of a maker's, that no volume mixes."""
TIMES = {
    "EchoTime": (2, 3, 0),
    "AcquisitionTime": (110000, 7, 0.1),
    "TriggerTime": (0, 50, 0.9),
    "TemporalPositionIdentifier": (1, 1, 0),
    "DiffusionBValue": (0.0, 100.0, 0),
    "FlipAngle": (5, 5, 0),
    "RepetitionTime": (500, 500, 0),
}
"""Start, and step from one time point and from one slice to the next."""
SETS = {
    "InversionTime": lambda u: 100 + 100 * u,
    "SequenceName": lambda u: f"x#{u}",
    "AcquisitionNumber": lambda u: u + 1,
    "ScanOptions": lambda u: "ABC"[u],
}
"""Attributes that tell whole sets of time points apart."""


def turned(draw):
    """Row and column direction, and normal, of a volume that lies anyhow."""
    axes = np.linalg.qr([[draw.gauss(0, 1) for _ in range(3)] for _ in range(3)])[0]
    axes = np.eye(3) if draw.random() < 0.4 else axes
    directions = [round(float(v), 6) for v in (*axes[0], *axes[1])]
    normal = np.cross(directions[:3], directions[3:])
    return directions, normal / np.linalg.norm(normal)


def write_series(folder, draw):
    """Write a series and return (meaning, time, slice, place) of every pixel value."""
    meant, timed, parted = (draw.choice(sorted(each)) for each in (MEANINGS, TIMES, SETS))
    meanings, times = draw.choice([1, 2, 3]), draw.choice([1, 2, 4])
    sets, slices = draw.choice([1, 1, 2, 3]), draw.choice([3, 5, 8])
    directions, normal = turned(draw)
    origin = np.array([draw.uniform(-50, 50) for _ in range(3)])
    step, encoding = draw.choice([1.0, 3.3]), draw.choice(sorted(NATIVE))
    numbering = draw.choice(["order", "random", "none", "constant"])
    cells = list(product(*map(range, (meanings, sets, times, slices))))
    draw.shuffle(cells)
    modality = {"KVP": "CT", "ConvolutionKernel": "CT", "Units": "PT"}.get(meant, "MR")
    sop = {"CT": "2", "MR": "4", "PT": "128"}[modality]
    start, of_time, of_slice = TIMES[timed]
    told = "{:.1f}".format if timed == "AcquisitionTime" else lambda value: value
    truth = {}
    for number, (m, u, t, z) in enumerate(cells[draw.choice([0, 0, 1]) :]):
        value = 1 + m * 1000 + u * 200 + t * 20 + z
        place = origin + normal * step * z
        truth[value] = m, (u, t), z, place
        in_order = ((u * times + t) * slices + z) * meanings + m + 1
        data = ct(
            Modality=modality, SOPClassUID=f"1.2.840.10008.5.1.4.1.1.{sop}",
            SOPInstanceUID=f"1.2.4.{number + 1}", RescaleIntercept=0, BitsStored=16, HighBit=15,
            InstanceNumber={"order": in_order, "random": number, "none": None}.get(numbering, 1),
            ImagePositionPatient=[round(float(c), 5) for c in place],
            ImageOrientationPatient=directions,
            PixelData=np.full(24, value, ">u2" if encoding == "big" else "<u2").tobytes(),
            **{timed: told(start + of_time * t + of_slice * z), parted: SETS[parted](u)},
        )  # fmt: skip
        group = {
            "GEMS_PARM_01": (0x43, 0x2F, "SS"),
            "Philips MR Imaging DD 001": (0x2005, 0x11, "CS"),
        }
        if meant in group:
            base, element, vr = group[meant]
            block = data.private_block(base, meant, create=True)
            block.add_new(element, vr, MEANINGS[meant][m])
        elif MEANINGS[meant][m] is not None:
            setattr(data, meant, MEANINGS[meant][m])
        write(folder / f"{draw.randrange(10**6):06}_{number}", data, encoding)
    return meanings, truth


def facts(report):
    """What a report shows."""
    return [
        (
            s.name, s.axes, s.unit, s.warnings, s.dimension, s.windows, s.suv, s.geometry, s.files,
            s.real_world_mappings, s.read(errors="blank").tobytes(), s.valid.tobytes(),
        )
        for s in report.stacks
    ]  # fmt: skip


@pytest.mark.usefixtures("index_folder")
@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_written_series_are_pure_volumes_at_their_places_each_time(tmp_path, seed, monkeypatch):
    meanings, truth = write_series(tmp_path, random.Random(seed))
    report = load(tmp_path, cache=FrameCache())
    assert len(report.stacks) == meanings
    seen = Counter()
    for stack in report.stacks:
        valid = np.asarray(stack.valid)
        volumes = stack.read(errors="blank")[..., 0, 0].reshape(-1, valid.shape[-1])
        valid = valid.reshape(volumes.shape)
        found = [[truth[round(v)] for v in row[ok]] for row, ok in zip(volumes, valid, strict=True)]
        seen.update(volumes[valid].tolist())
        assert len({m for row in found for m, *_ in row}) == 1
        for row, ok in zip(found, valid, strict=True):
            assert len({t for _, t, *_ in row}) == 1 or BY_NAME in stack.warnings
            assert [z for _, _, z, _ in row] == sorted({z for _, _, z, _ in row})
            places = [stack.to_patient([j, 0, 0]) for j in np.flatnonzero(ok)]
            assert np.allclose(places, [place for *_, place in row], atol=0.05)
    assert seen == dict.fromkeys(map(float, truth), 1)
    monkeypatch.setattr(loading, "_report", None)
    again = load(tmp_path, cache=FrameCache())
    assert repr(facts(again)) == repr(facts(report))
