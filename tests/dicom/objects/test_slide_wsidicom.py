"""Slides held against wsidicom, which reads them by code of others.

It is no dependency: the test runs if the Python that MEDSCAN_WSIDICOM names, or this one, has it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.uid import JPEGBaseline8Bit

from napari_medscan.dicom import load

from ..making import write
from .slides import cut, picture, slide

PYTHON = os.environ.get("MEDSCAN_WSIDICOM", sys.executable)
READ = """
import sys, numpy, wsidicom
folder, out, *boxes = sys.argv[1:]
found = {}
with wsidicom.WsiDicom.open(folder) as slide:
    for level in slide.pyramids[0]:
        width, height = level.size.width, level.size.height
        image = slide.read_region((0, 0), level.level, (width, height))
        found[f"{height}x{width}"] = numpy.asarray(image)[..., :3]
numpy.savez(out, **found)
"""
TILE = 32


@cache
def has_wsidicom():
    if sys.executable == PYTHON:
        return find_spec("wsidicom") is not None
    code = [PYTHON, "-c", "import wsidicom"]
    return subprocess.run(code, check=False, capture_output=True).returncode == 0


def smooth(rows, columns):
    """Return an image that JPEG keeps."""
    small = picture(rows // 8 + 1, columns // 8 + 1).repeat(8, 0).repeat(8, 1)
    return np.ascontiguousarray(small[:rows, :columns])


def jpeg(tile):
    return imagecodecs.jpeg_encode(np.ascontiguousarray(tile), level=90)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("encoded", [False, True])
def test_slide_levels_are_those_of_wsidicom(tmp_path, sparse, encoded):
    if not has_wsidicom():
        pytest.skip("NOT TESTED: wsidicom is not installed (MEDSCAN_WSIDICOM names a Python)")
    folder = tmp_path / "slide"
    large = smooth(120, 200)
    for zoom in (1, 2, 4):
        image = np.ascontiguousarray(large[::zoom, ::zoom])
        ways = {"encode": jpeg, "PhotometricInterpretation": "YBR_FULL_422"} if encoded else {}
        data = slide(image.shape[:2], cut(image, TILE), sparse=sparse, zoom=zoom, **ways)
        data.SOPInstanceUID = f"1.2.3.8.{zoom}"
        data.FrameOfReferenceUID = "1.2.3.88"
        path = write(folder / f"{zoom}.dcm", data)
        if encoded:
            data["PixelData"].is_undefined_length = True
            data.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
            data.LossyImageCompression = "01"
            pydicom.dcmwrite(path, data, enforce_file_format=True)
    subprocess.run([PYTHON, "-c", READ, str(folder), str(tmp_path / "theirs.npz")], check=True)
    theirs = np.load(tmp_path / "theirs.npz")
    (found,) = load(folder).objects
    ours = {f"{level.shape[0]}x{level.shape[1]}": np.asarray(level) for level in found.pyramid()}
    assert ours.keys() == set(theirs.files)
    for name, level in ours.items():
        assert np.array_equal(level, theirs[name]), name
