"""Waveforms and MR spectroscopy, written for the tests of objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ..making import ct, item
from .reports import NO_IMAGE, code

ECG = "1.2.840.10008.5.1.4.1.1.9.1.1"
SPECTROSCOPY = "1.2.840.10008.5.1.4.1.1.4.2"


def unit(name: str) -> list[Dataset]:
    """Return a code sequence with a UCUM unit."""
    return code(name, name, "UCUM")


def channel(name: str, **changes: Any) -> Dataset:
    """Return the definition of an ECG channel of 2.5 µV a step."""
    attributes = {
        "ChannelSourceSequence": code(name),
        "ChannelSensitivity": "2.5",
        "ChannelSensitivityUnitsSequence": unit("uV"),
        "ChannelSensitivityCorrectionFactor": "1",
        "ChannelBaseline": "0",
        "ChannelSampleSkew": "0",
        "WaveformBitsStored": 16,
    }
    return item(**{k: v for k, v in {**attributes, **changes}.items() if v is not None})


def group(
    samples: NDArray[Any], channels: Sequence[Dataset], *, frequency: float = 500.0, **changes: Any
) -> Dataset:
    """Return a multiplex group of samples, shape (samples, channels)."""
    kind = {"i": "S", "u": "U"}[samples.dtype.kind]
    size = {1: "B", 2: "S", 4: "L"}[samples.itemsize]
    attributes = {
        "WaveformOriginality": "ORIGINAL",
        "NumberOfWaveformChannels": samples.shape[1],
        "NumberOfWaveformSamples": samples.shape[0],
        "SamplingFrequency": str(frequency),
        "MultiplexGroupLabel": "RHYTHM",
        "ChannelDefinitionSequence": list(channels),
        "WaveformBitsAllocated": samples.itemsize * 8,
        "WaveformSampleInterpretation": kind + size,
        "WaveformData": samples.tobytes(),
    }
    found = item(**{k: v for k, v in {**attributes, **changes}.items() if v is not None})
    if "WaveformData" in found:
        found["WaveformData"].VR = "OW" if samples.itemsize > 1 else "OB"
    return found


def waveform(groups: Sequence[Dataset], notes: Sequence[Dataset] = (), **changes: Any) -> Dataset:
    """Return a 12-lead ECG (PS3.3 A.34.3)."""
    attributes = {
        "SOPClassUID": ECG,
        "SOPInstanceUID": "1.2.3.9.1",
        "SeriesInstanceUID": "1.2.3.9",
        "SeriesNumber": 9,
        "SeriesDescription": "Rest",
        "Modality": "ECG",
        "WaveformSequence": list(groups),
        "WaveformAnnotationSequence": list(notes) or None,
    }
    return ct(**{**dict.fromkeys(NO_IMAGE), **attributes, **changes})


def spectra(signal: NDArray[np.complex64], **changes: Any) -> Dataset:
    """Return MR spectroscopy (PS3.3 A.36.3) of (frames, rows, columns, points)."""
    frames, rows, columns, points = signal.shape
    attributes = {
        "SOPClassUID": SPECTROSCOPY,
        "SOPInstanceUID": "1.2.3.10.1",
        "SeriesInstanceUID": "1.2.3.10",
        "SeriesNumber": 10,
        "SeriesDescription": "PRESS",
        "Modality": "MR",
        "NumberOfFrames": frames,
        "Rows": rows,
        "Columns": columns,
        "DataPointRows": 1,
        "DataPointColumns": points,
        "DataRepresentation": "COMPLEX",
        "SignalDomainColumns": "TIME",
        "SpectralWidth": 2000.0,
        "TransmitterFrequency": 123.2,
        "ChemicalShiftReference": 4.7,
        "ResonantNucleus": "1H",
        "SpectroscopyData": signal.astype("<c8").tobytes(),
    }
    return ct(**{**dict.fromkeys(NO_IMAGE), **attributes, **changes})
