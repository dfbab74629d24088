"""Docks of waveforms and spectra: below the canvas, with tables and CSV, named without identity."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.widgets.panel.documents import open_document
from napari_medscan.widgets.recording import waveform_dock
from napari_medscan.widgets.recording.spectrum_dock import HERTZ, REAL

from ...dicom.making import item, write
from ...dicom.objects.recordings import channel, code, group, spectra, waveform

SAMPLES = np.random.default_rng(0).integers(-2000, 2000, (300, 3)).astype("<i2")
CHANNELS = [channel(name) for name in ("I", "II", "V1")]
NOTES = [
    item(UnformattedTextValue="Sinus rhythm", ReferencedWaveformChannels=[1, 0]),
    item(
        ConceptNameCodeSequence=code("QRS"),
        ReferencedSamplePositions=[51, 101],
        ReferencedWaveformChannels=[1, 2],
    ),
]


@pytest.fixture
def opened(viewer, tmp_path):
    def opened(data):
        write(tmp_path / "a.dcm", data)
        (source,) = load(tmp_path).objects
        return source, open_document(viewer, source)

    return opened


def test_waveform_dock_shows_channels_and_annotations(opened, viewer):
    groups = [group(SAMPLES, CHANNELS), group(SAMPLES[:, :1], CHANNELS[:1], frequency=100)]
    source, dock = opened(waveform(groups, NOTES, SeriesDescription="Rest Jane"))
    assert dock.group.choices[1].startswith("2: RHYTHM · 1 channel, 3 s, 100 Hz")
    rows = [dock.table.topLevelItem(n) for n in range(dock.table.topLevelItemCount())]
    assert [row.text(0) for row in rows] == ["", "QRS"]
    assert [row.text(2) for row in rows] == ["", "0.100 s – 0.200 s"]
    assert rows[1].text(3) == "II"
    dock.strips.show_span(0.5, 0.55)
    dock.table.itemDoubleClicked.emit(rows[1], 0)
    assert dock.strips.span[0] < 0.1 < dock.strips.span[1]
    dock.scroll_bar.setValue(dock.scroll_bar.maximum())
    assert dock.strips.span[1] == pytest.approx(0.6, abs=1e-3)
    dock.group.value = dock.group.choices[1]
    assert len(dock.shown.channels) == 1
    assert open_document(viewer, source) is dock
    # napari stores the names of docks.
    assert dock.parent().objectName() == "ECG 9"


def test_waveform_dock_exports_what_is_in_view(opened, monkeypatch):
    _, dock = opened(waveform([group(SAMPLES, CHANNELS)], NOTES))
    saved = []
    monkeypatch.setattr(waveform_dock, "save_bytes", lambda *args: saved.append(args))
    dock.strips.show_span(0.1, 0.2)
    dock.export_samples.changed.emit(True)
    dock.export_notes.changed.emit(True)
    (_, _, values, name), (_, _, notes, _) = saved
    assert name == "waveform.csv"
    assert 50 <= values.count(b"\r\n") - 1 <= 53
    assert b"Sinus rhythm" in notes


def test_waveform_dock_follows_the_theme(opened, viewer):
    _, dock = opened(waveform([group(SAMPLES, CHANNELS)]))
    dark = dock.strips.grab().toImage().pixelColor(3, 3).lightness()
    viewer.theme = "light"
    assert dock.strips.grab().toImage().pixelColor(3, 3).lightness() > dark


def test_waveform_dock_that_was_closed_is_released_and_opens_anew(opened, viewer, qtbot):
    source, dock = opened(waveform([group(SAMPLES, CHANNELS)]))
    gone = weakref.ref(dock)
    viewer.window.remove_dock_widget(dock)
    del dock
    qtbot.waitUntil(lambda: gc.collect() >= 0 and gone() is None)
    assert open_document(viewer, source) is not None


def test_waveform_that_cannot_be_read_is_told_of(opened, monkeypatch):
    told = []
    monkeypatch.setattr("napari_medscan.widgets.panel.documents.tell", told.append)
    _, dock = opened(waveform([group(SAMPLES, CHANNELS, SamplingFrequency="0")]))
    assert dock is None
    assert told == ["ECG 9 · Rest cannot be read: no sampling frequency."]


def test_spectrum_dock_shows_voxels_against_ppm_from_right_to_left(opened):
    time = np.arange(256) / 2000
    shifts = np.array([[2.0, 3.0]])
    signal = np.exp(2j * np.pi * (shifts[..., None] - 4.7) * 123.2 * time - 20 * time)
    _, dock = opened(spectra(signal[None].astype(np.complex64)))
    (line,) = dock.graph.lines
    assert line.x[np.argmax(line.y)] == pytest.approx(2.0, abs=0.05)
    assert dock.graph.is_reversed
    dock.voxel[2].value = 2
    (line,) = dock.graph.lines
    assert line.x[np.argmax(line.y)] == pytest.approx(3.0, abs=0.05)
    dock.axis.value, dock.part.value = HERTZ, REAL
    assert not dock.graph.is_reversed
    rows = dock.csv.splitlines()
    assert rows[0] == "Hz,Real,Imaginary,Magnitude"
    assert len(rows) == 257
