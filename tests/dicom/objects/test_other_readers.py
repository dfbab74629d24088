"""Doses and parametric maps held against programs of others: SimpleITK and highdicom."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813 - its usual name

from napari_medscan.dicom import load

from ..making import write
from .dosed import rtdose
from .labeled import COLUMNS, ROWS, STEP, write_ct


def test_dose_has_the_values_and_the_grid_that_simpleitk_reads(tmp_path):
    stored = np.random.default_rng(0).integers(0, 60_000, (4, 5, 7)).astype(np.uint16)
    path = tmp_path / "dose.dcm"
    write(path, rtdose(stored))
    (stack,) = load(tmp_path).stacks
    theirs = sitk.ReadImage(str(path))
    # It leaves the scaling to the caller.
    dose = sitk.GetArrayFromImage(theirs) * float(theirs.GetMetaData("3004|000e"))
    assert np.allclose(np.asarray(stack.array), dose, rtol=1e-5)
    assert stack.unit == "Gy"
    for index in ((0, 0, 0), (0, 4, 6), (0, 2, 1)):
        place = theirs.TransformIndexToPhysicalPoint([int(each) for each in index[::-1]])
        assert np.allclose(stack.to_patient([index])[0], place, atol=1e-3)


def test_parametric_map_has_the_values_that_highdicom_wrote(tmp_path):
    hd = pytest.importorskip("highdicom")
    from pydicom.sr.codedict import codes

    identity = {"PatientID": "p", "PatientName": "", "PatientBirthDate": "", "PatientSex": ""}
    identity |= {"StudyID": "", "AccessionNumber": "", "ReferringPhysicianName": ""}
    identity |= {"StudyDate": "20240101", "StudyTime": "120000", "SliceThickness": STEP}
    write_ct(tmp_path, **identity)
    sources = [pydicom.dcmread(path) for path in sorted(tmp_path.glob("*.dcm"))[1:4]]
    values = np.random.default_rng(1).random((3, ROWS, COLUMNS)).astype(np.float32)
    mapping = hd.pm.RealWorldValueMapping(
        "ADC",
        "diffusion",
        codes.UCUM.SquareMillimeterPerSecond,
        (0.0, 1.0),
        slope=2.0,
        intercept=1.0,
    )
    written = hd.pm.ParametricMap(
        sources,
        values,
        "1.2.3.77",
        77,
        hd.UID(),
        1,
        "m",
        "m",
        "1",
        "1",
        False,
        [mapping],
        voi_lut_transformations=[hd.VOILUTTransformation(0.5, 1.0)],
    )
    written.save_as(tmp_path / "pm.dcm")
    ct, found = sorted(load(tmp_path).stacks, key=lambda stack: stack.kind.is_derived)
    assert np.allclose(np.asarray(found.array), values * 2 + 1, rtol=1e-6)
    assert found.unit == "mm2/s"
    assert np.allclose(found.to_patient([(0, 0, 0)]), ct.to_patient([(1, 0, 0)]), atol=1e-6)
    last = ct.to_patient([(3, ROWS - 1, COLUMNS - 1)])
    assert np.allclose(found.to_patient([(2, ROWS - 1, COLUMNS - 1)]), last, atol=1e-6)
