"""Spectroscopy: MR spectra of one or many voxels (PS3.3 A.36.3, C.8.14)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import DEFER, Tag, Wanted, want
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.series.dicom_object import ObjectBesideImages

_MOST_BYTES: Final = 512 * 2**20
_WATER: Final = 4.7
"""ppm at the transmitter frequency of protons if the file does not say."""
_FILLED: Final = 8
"""Bytes that may fill up the data at their end."""
NOT_COMPLEX: Final = "One part of a complex signal is stored: its spectrum is symmetric"
MORE: Final = "The file holds more data than its header describes: places may be wrong"
NO_PPM: Final = "Transmitter frequency or chemical shift reference is unknown: no ppm"


class _Tag(IntEnum):
    SpectralWidth = 0x00189052
    ChemicalShiftReference = 0x00189053
    TransmitterFrequency = 0x00189098
    ResonantNucleus = 0x00189100
    DataPointRows = 0x00289001
    DataPointColumns = 0x00289002
    SignalDomainColumns = 0x00289003
    DataRepresentation = 0x00289108
    SpectroscopyData = 0x56000020


_WANTED: Final[Wanted] = {
    **want(Tag.NumberOfFrames, Tag.Rows, Tag.Columns),
    _Tag.SpectralWidth: b"FD",
    _Tag.ChemicalShiftReference: b"FD",
    _Tag.TransmitterFrequency: b"FD",
    _Tag.ResonantNucleus: b"CS",
    _Tag.DataPointRows: b"UL",
    _Tag.DataPointColumns: b"UL",
    _Tag.SignalDomainColumns: b"CS",
    _Tag.DataRepresentation: b"CS",
    _Tag.SpectroscopyData: DEFER,
}


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """Signals of voxels.

    Parameters
    ----------
    signal : ndarray
        Complex or real, shape (frames, rows, columns, points).
    is_time : bool
        Points follow each other in time (free induction decay), else in frequency.
    width : float
        Spectral width, Hz.
    transmitter : float or None
        Transmitter frequency, MHz.
    reference : float or None
        Chemical shift at the transmitter frequency, ppm.
    nucleus : str
        "1H"; '' when absent.
    notes : tuple of str
        What the user should know, each a sentence without the last period.
    """

    signal: NDArray[Any]
    is_time: bool
    width: float
    transmitter: float | None
    reference: float | None
    nucleus: str = ""
    notes: tuple[str, ...] = ()

    @property
    def voxels(self) -> tuple[int, int, int]:
        """Number of frames, rows and columns."""
        frames, rows, columns, _ = self.signal.shape
        return frames, rows, columns

    def spectrum(self, frame: int = 0, row: int = 0, column: int = 0) -> NDArray[Any]:
        """Return the spectrum of a voxel, by ascending frequency."""
        signal = self.signal[frame, row, column]
        return np.fft.fftshift(np.fft.fft(signal)) if self.is_time else signal

    @property
    def hertz(self) -> NDArray[np.float64]:
        """Frequencies of a spectrum relative to the transmitter, ascending."""
        count = self.signal.shape[-1]
        found: NDArray[np.float64] = (np.arange(count) - count // 2) * (self.width / count)
        return found

    @property
    def ppm(self) -> NDArray[np.float64] | None:
        """Chemical shifts of a spectrum, ascending; None when they are not known."""
        if self.transmitter is None or self.reference is None:
            return None
        found: NDArray[np.float64] = self.reference + self.hertz / self.transmitter
        return found


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Spectroscopy(ObjectBesideImages):
    """An MR spectroscopy file.

    Parameters
    ----------
    instance : Instance
        Its file.
    """

    def read(self) -> Spectra:
        """Read the signals.

        Raises
        ------
        UnreadableError
            If there are none, or the header does not say what they are.
        MedscanError, OSError
            When the file cannot be read.
        """
        return read_spectra(self.instance.source.file)


def read_spectra(file: FileRef) -> Spectra:
    """Read a spectroscopy file; see `Spectroscopy.read`."""
    scanned = scan_file(file, _WANTED)
    data_set = scanned.data_set
    width = data_set.number(_Tag.SpectralWidth) or 0.0
    if not 0 < width < 1e9:
        raise UnreadableError("no spectral width")
    is_complex = data_set.text(_Tag.DataRepresentation) in ("COMPLEX", "")
    shape = _shape(data_set)
    place = data_set.deferred(_Tag.SpectroscopyData)
    wanted = int(np.prod(shape, dtype=object)) * (8 if is_complex else 4)
    if place is None or not 0 < wanted <= min(place.length, _MOST_BYTES):
        raise UnreadableError("its data do not fit their description")
    data = scanned.source.read_at(place.offset, wanted)
    if len(data) < wanted:
        raise UnreadableError("truncated file")
    order = ">" if data_set.big_endian else "<"
    stored = np.frombuffer(data, f"{order}{'c8' if is_complex else 'f4'}").reshape(shape)
    # The rows of 2-D spectra count as frames.
    frames, rows, columns, lines, points = shape
    signal = np.moveaxis(stored, 3, 1).reshape(frames * lines, rows, columns, points)
    is_time = data_set.text(_Tag.SignalDomainColumns) != "FREQUENCY"
    transmitter = _positive(data_set.number(_Tag.TransmitterFrequency))
    reference = data_set.number(_Tag.ChemicalShiftReference)
    nucleus = data_set.text(_Tag.ResonantNucleus)
    if reference is None and nucleus == "1H":
        reference = _WATER
    notes = [NOT_COMPLEX] * (is_time and not is_complex)
    notes += [MORE] * (place.length - wanted > _FILLED)
    notes += [NO_PPM] * (transmitter is None or reference is None)
    return Spectra(signal, is_time, width, transmitter, reference, nucleus, tuple(notes))


def _shape(data_set: DataSet) -> tuple[int, int, int, int, int]:
    """Return frames, rows, columns, and rows and columns of the data points of each."""
    frames = data_set.integer(Tag.NumberOfFrames) or 1
    lines = data_set.integer(_Tag.DataPointRows) or 1
    rows, columns = data_set.integer(Tag.Rows) or 1, data_set.integer(Tag.Columns) or 1
    points = data_set.integer(_Tag.DataPointColumns) or 0
    if points < 2 or min(frames, lines, rows, columns) < 1:
        raise UnreadableError("no data points")
    return frames, rows, columns, lines, points


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None
