"""Waveforms: values in their units, annotations in time, and what is amiss in the file."""

from __future__ import annotations

import csv
import io

import numpy as np
import pydicom
import pytest

from napari_medscan.dicom import UnreadableError, load
from napari_medscan.dicom.objects.waveform import UNKNOWN_VALUES
from napari_medscan.dicom.objects.waveform_csv import annotations_csv, samples_csv

from ..making import item, write
from .recordings import channel, code, group, unit, waveform

SAMPLES = np.random.default_rng(0).integers(-2000, 2000, (300, 3)).astype("<i2")
LEADS = ("Lead I", "Lead II", "V1")


@pytest.fixture
def read(tmp_path):
    def read(groups=None, notes=(), encoding="explicit", **changes):
        groups = [group(SAMPLES, [channel(name) for name in LEADS])] if groups is None else groups
        path = write(tmp_path / "ecg.dcm", waveform(groups, notes, **changes), encoding)
        (found,) = load(path).objects
        return found.read()

    return read


@pytest.mark.parametrize("encoding", ["explicit", "implicit", "deflated"])
def test_waveform_values_are_those_of_pydicom(read, tmp_path, encoding):
    channels = [
        channel("I", ChannelSensitivity="1.25", ChannelSensitivityCorrectionFactor="1.01"),
        channel("II", ChannelBaseline="-12.5"),
        channel(
            "pressure", ChannelSensitivity="0.5", ChannelSensitivityUnitsSequence=unit("mm[Hg]")
        ),
    ]
    (found,) = read([group(SAMPLES, channels)], encoding=encoding).groups
    theirs = pydicom.dcmread(tmp_path / "ecg.dcm").waveform_array(0)
    for number in range(3):
        assert np.allclose(found.values(number), theirs[:, number])
    assert [each.unit for each in found.channels] == ["uV", "uV", "mm[Hg]"]
    assert [each.name for each in found.channels] == ["I", "II", "pressure"]
    assert (found.label, found.frequency, found.duration) == ("RHYTHM", 500.0, 0.6)


def test_waveform_big_endian_samples_are_read(read):
    swapped = group(SAMPLES, [channel(name) for name in LEADS])
    swapped.WaveformData = SAMPLES.astype(">i2").tobytes()
    swapped["WaveformData"].VR = "OB"
    (found,) = read([swapped], encoding="big").groups
    assert np.array_equal(found.stored, SAMPLES)


@pytest.mark.parametrize("kind", ["i1", "u1", "<u2", "<i4", "<u4"])
def test_waveform_sample_interpretations_are_read(read, kind):
    samples = np.arange(-20, 20).astype(kind).reshape(20, 2)
    (found,) = read([group(samples, [channel("a"), channel("b")])]).groups
    assert np.array_equal(found.stored, samples)


@pytest.mark.parametrize(
    ("name", "codes"), [("MB", (0xFF, 0x80, 0x00)), ("AB", (0xD5, 0xAA, 0x2A))]
)
def test_waveform_companded_samples_are_expanded(read, name, codes):
    """ITU-T G.711: silence, the loudest of one sign, the loudest of the other."""
    samples = np.array([codes], np.uint8).T
    wave = group(samples, [channel("voice")], WaveformSampleInterpretation=name)
    silent, high, low = read([wave]).groups[0].stored[:, 0].tolist()
    assert abs(silent) <= 8
    assert high == -low
    assert 32000 <= high <= 32767


def test_waveform_padding_is_no_value(read):
    padded = SAMPLES.copy()
    padded[10, 1] = -32768
    wave = group(padded, [channel(name) for name in LEADS], WaveformPaddingValue=b"\x00\x80")
    values = read([wave]).groups[0].values(1)
    assert np.flatnonzero(np.isnan(values)).tolist() == [10]


@pytest.mark.parametrize("bad", ["0", None, "high"])
def test_waveform_of_unknown_sensitivity_has_stored_values_and_says_so(read, bad):
    with pydicom.config.disable_value_validation():
        channels = [channel("I"), channel("II", ChannelSensitivity=None), channel("V1")]
        if bad is not None:
            element = pydicom.DataElement(0x003A0210, "LO", bad)
            element.VR = "LO"
            channels[1].add(element)
    (found,) = read([group(SAMPLES, channels)]).groups
    assert [each.unit for each in found.channels] == ["uV", UNKNOWN_VALUES, "uV"]
    assert np.array_equal(found.values(1), SAMPLES[:, 1])
    assert any("II" in note for note in found.notes)


def test_waveform_groups_keep_their_frequency_and_start(read):
    late = group(
        SAMPLES, [channel(n) for n in LEADS], frequency=100, MultiplexGroupTimeOffset="500"
    )
    groups = read([group(SAMPLES, [channel(n) for n in LEADS]), late]).groups
    assert [each.start for each in groups] == [0, 0.5]
    assert groups[1].times()[:2].tolist() == [0.5, 0.51]


def test_waveform_channel_skew_moves_its_samples(read):
    channels = [channel("I"), channel("II", ChannelSampleSkew="2.5"), channel("V1")]
    assert read([group(SAMPLES, channels)]).groups[0].times(1)[0] == pytest.approx(2.5 / 500)


NOTES = [
    item(UnformattedTextValue="Sinus rhythm", ReferencedWaveformChannels=[1, 0]),
    item(
        ConceptNameCodeSequence=code("RR Interval"),
        NumericValue="982",
        MeasurementUnitsCodeSequence=unit("ms"),
        ReferencedWaveformChannels=[1, 2],
    ),
    item(
        ConceptNameCodeSequence=code("QRS"),
        TemporalRangeType="SEGMENT",
        ReferencedSamplePositions=[51, 101],
        ReferencedWaveformChannels=[1, 0],
    ),
    item(ConceptNameCodeSequence=code("Gone"), ReferencedWaveformChannels=[7, 99]),
    item(),
]


def test_waveform_annotations_have_values_times_and_channels(read):
    content = read(notes=NOTES)
    rhythm, interval, complex_, gone = content.annotations
    assert (rhythm.value, rhythm.group, rhythm.channels) == ("Sinus rhythm", 0, ())
    assert (interval.text, interval.channels) == ("RR Interval: 982 ms", (1,))
    assert complex_.times == (0.1, 0.2)
    assert gone.group is None
    rows = list(csv.reader(io.StringIO(annotations_csv(content))))
    assert rows[2] == ["RR Interval", "982", "ms", "", "", "Lead II"]
    assert rows[3][3:5] == ["0.1", "0.2"]


def test_waveform_samples_as_csv(read):
    (found,) = read().groups
    rows = list(csv.reader(io.StringIO(samples_csv(found, slice(10, 13)))))
    assert rows[0] == ["Time (s)", "Lead I (uV)", "Lead II (uV)", "V1 (uV)"]
    assert [float(row[0]) for row in rows[1:]] == [0.02, 0.022, 0.024]
    values = np.array([row[1:] for row in rows[1:]], float)
    assert np.allclose(values, SAMPLES[10:13] * 2.5)


def test_waveform_text_does_not_name_the_patient(read):
    notes = [item(UnformattedTextValue="Jane Doe: sinus rhythm")]
    lead = channel("I", ChannelLabel="Jane")
    content = read(
        [group(SAMPLES[:, :1], [lead])], notes, PatientName="Doe^Jane", SeriesDescription="Jane"
    )
    assert content.annotations[0].value == "sinus rhythm"
    assert content.groups[0].channels[0].name == "I"


def test_waveform_that_is_truncated_gives_what_is_there(read):
    wave = group(SAMPLES, [channel(name) for name in LEADS], NumberOfWaveformSamples=1000)
    (found,) = read([wave]).groups
    assert np.array_equal(found.stored, SAMPLES)
    assert found.notes == ("The recording is truncated: 300 of 1,000 samples are present",)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"SamplingFrequency": "0"}, "no sampling frequency"),
        ({"SamplingFrequency": None}, "no sampling frequency"),
        ({"NumberOfWaveformChannels": 0, "ChannelDefinitionSequence": []}, "no channels"),
        ({"NumberOfWaveformChannels": 65535}, "no channels"),
        ({"NumberOfWaveformSamples": 0}, "no samples"),
        ({"WaveformData": b""}, "no samples"),
        ({"WaveformData": None}, "no samples"),
        ({"WaveformSampleInterpretation": "XX"}, "unsupported sample interpretation"),
        ({"WaveformBitsAllocated": 8}, "bits allocated do not fit"),
    ],
)
def test_waveform_hostile_group_is_refused_in_words_and_the_other_shown(read, changes, why):
    good = group(SAMPLES, [channel(name) for name in LEADS])
    bad = group(SAMPLES, [channel(name) for name in LEADS], **changes)
    with pytest.raises(UnreadableError, match=why):
        read([bad])
    content = read([bad, good])
    assert len(content.groups) == 1
    assert why in content.notes[0]


def test_waveform_without_a_sequence_is_refused_in_words(read):
    with pytest.raises(UnreadableError, match="no waveform"):
        read([])


def test_waveform_channels_that_are_not_described_are_numbered(read):
    (found,) = read([group(SAMPLES, [channel("Lead I")])]).groups
    assert [each.name for each in found.channels] == ["Lead I", "Channel 2", "Channel 3"]
    assert found.notes[0] == "1 of 3 channels is described"
