"""MR spectroscopy: peaks at their chemical shifts, and what is amiss in the file."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import UnreadableError, load
from napari_medscan.dicom.objects.spectroscopy import MORE, NO_PPM, NOT_COMPLEX

from ..making import write
from .recordings import spectra

POINTS, WIDTH, TRANSMITTER = 512, 2000.0, 123.2


def decay(ppm):
    """Return the free induction decay of one substance; 4.7 ppm is on resonance."""
    time = np.arange(POINTS) / WIDTH
    frequency = (ppm - 4.7) * TRANSMITTER
    return np.exp(2j * np.pi * frequency * time - time * 20)


@pytest.fixture
def read(tmp_path):
    def read(signal, **changes):
        path = write(tmp_path / "mrs.dcm", spectra(signal, **changes))
        (found,) = load(path).objects
        return found.read()

    return read


def test_spectrum_has_its_peaks_at_their_chemical_shifts(read):
    shifts = [[2.0, 3.2], [1.3, 3.0]]
    found = read(np.array([[[decay(shift) for shift in row] for row in shifts]], np.complex64))
    assert found.voxels == (1, 2, 2)
    for row in range(2):
        for column in range(2):
            peak = np.argmax(abs(found.spectrum(0, row, column)))
            assert found.ppm[peak] == pytest.approx(shifts[row][column], abs=0.04)
    assert (np.diff(found.hertz) > 0).all()


def test_spectrum_stored_by_frequency_is_taken_as_it_is(read):
    signal = np.arange(POINTS).astype(np.complex64).reshape(1, 1, 1, -1)
    found = read(signal, SignalDomainColumns="FREQUENCY")
    assert np.array_equal(found.spectrum(), signal[0, 0, 0])


def test_spectrum_of_one_part_says_that_it_is_symmetric(read):
    real = decay(2.0).real.astype("<f4")
    found = read(
        np.zeros((1, 1, 1, POINTS)), DataRepresentation="REAL", SpectroscopyData=real.tobytes()
    )
    assert NOT_COMPLEX in found.notes
    assert np.array_equal(found.signal[0, 0, 0], real)


@pytest.mark.parametrize("changes", [{}, {"Rows": None}, {"Columns": 1}, {"NumberOfFrames": None}])
def test_spectrum_of_more_data_than_described_says_so(read, changes):
    signal = np.array([[[decay(2.0)] * 2] * 2] * 2, np.complex64)
    assert (MORE in read(signal, **changes).notes) == bool(changes)


def test_spectrum_rows_of_2d_data_are_frames(read):
    signal = np.arange(2 * 3 * 4 * 8).reshape(1, 2, 3, 32).astype(np.complex64)
    found = read(signal, DataPointRows=4, DataPointColumns=8)
    assert found.voxels == (4, 2, 3)
    assert np.array_equal(found.signal[2, 1, 2], signal[0, 1, 2, 16:24])


def test_spectrum_without_a_transmitter_frequency_has_hertz_only(read):
    found = read(decay(2.0).reshape(1, 1, 1, -1), TransmitterFrequency=None)
    assert found.ppm is None
    assert NO_PPM in found.notes


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"SpectralWidth": 0.0}, "no spectral width"),
        ({"DataPointColumns": 0}, "no data points"),
        ({"DataPointColumns": 10**9}, "do not fit"),
        ({"NumberOfFrames": 2}, "do not fit"),
        ({"Rows": 65535, "Columns": 65535, "DataPointRows": 2**31}, "do not fit"),
        ({"SpectroscopyData": None}, "do not fit"),
    ],
)
def test_spectrum_hostile_file_is_refused_in_words(read, changes, why):
    with pytest.raises(UnreadableError, match=why):
        read(decay(2.0).reshape(1, 1, 1, -1), **changes)
