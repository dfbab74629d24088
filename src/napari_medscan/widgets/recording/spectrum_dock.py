"""The dock of MR spectroscopy: the spectrum of a voxel against ppm or Hz."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

import napari.viewer
import numpy as np
from magicgui.widgets import ComboBox, PushButton, SpinBox
from numpy.typing import NDArray
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout

from napari_medscan.dicom.objects.spectroscopy import Spectra
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.series_text import ended
from napari_medscan.widgets.dock import Docked
from napari_medscan.widgets.plot import Line, Plot
from napari_medscan.widgets.save_bytes import save_bytes
from napari_medscan.widgets.theme import follow_theme

REAL, IMAGINARY, MAGNITUDE = "Real", "Imaginary", "Magnitude"
PPM, HERTZ = "ppm", "Hz"
_PROTONS: Final = (0.0, 5.0)
"""ppm between which spectra of protons are looked at."""


class SpectrumDock(Docked):
    """Shows the spectra of a file, one voxel at a time.

    Parameters
    ----------
    spectra : Spectra
        What the file holds.
    viewer : napari.viewer.Viewer
        Whose theme it has.
    """

    def __init__(self, spectra: Spectra, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._spectra = spectra
        axes = [PPM, HERTZ] if spectra.ppm is not None else [HERTZ]
        self.part = ComboBox(name="part", choices=[REAL, IMAGINARY, MAGNITUDE], value=MAGNITUDE)
        self.part.tooltip = "Part of the complex spectrum; it is not phased"
        self.axis = ComboBox(name="axis", choices=axes, tooltip="Horizontal axis")
        self.voxel = [
            SpinBox(name=name, label=name.capitalize(), min=1, max=most, value=1)
            for name, most in zip(("frame", "row", "column"), spectra.voxels, strict=True)
        ]
        self.export = PushButton(name="export", text="Export spectrum…")
        self.graph = Plot()
        self._lay_out()
        for each in (self.part, self.axis, *self.voxel):
            each.changed.connect(guarded(self._on_change))
        self.export.changed.connect(guarded(self._on_export))
        self.on_release(follow_theme(viewer, self.graph.set_theme))
        self._on_change()

    @property
    def csv(self) -> str:
        """What is shown as CSV: position, real and imaginary part, magnitude."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow((self.axis.value, REAL, IMAGINARY, MAGNITUDE))
        values = self._values()
        rows = zip(self._positions(), values.real, values.imag, abs(values), strict=True)
        writer.writerows([f"{float(value):.9g}" for value in row] for row in rows)
        return text.getvalue()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        for each in (self.part, self.axis):
            head.addWidget(each.native)
        for box, count in zip(self.voxel, self._spectra.voxels, strict=True):
            if count > 1:
                head.addWidget(QLabel(str(box.label)))
                head.addWidget(box.native)
        head.addStretch(1)
        nucleus = self._spectra.nucleus
        head.addWidget(QLabel(" ".join([*([nucleus] if nucleus else []), *self._notes()])))
        head.addWidget(self.export.native)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(self.graph, 1)

    def _notes(self) -> list[str]:
        return [ended(note) for note in self._spectra.notes]

    def _values(self) -> NDArray[Any]:
        frame, row, column = (int(box.value) - 1 for box in self.voxel)
        return self._spectra.spectrum(frame, row, column)

    def _positions(self) -> NDArray[np.float64]:
        ppm = self._spectra.ppm
        return self._spectra.hertz if ppm is None or self.axis.value == HERTZ else ppm

    def _on_change(self, _value: object = None) -> None:
        values = self._values()
        part = {REAL: values.real, IMAGINARY: values.imag, MAGNITUDE: abs(values)}[self.part.value]
        line = Line("", self._positions(), part.astype(np.float64))
        is_ppm = self.axis.value == PPM
        label = "Chemical shift (ppm)" if is_ppm else "Frequency (Hz)"
        # Spectroscopists draw chemical shifts from right to left.
        self.graph.show_lines([line], label, "", is_reversed=is_ppm)
        if is_ppm and self._spectra.nucleus == "1H":
            self.graph.show_span(*_PROTONS)

    def _on_export(self, _clicked: object = None) -> None:
        save_bytes(self, "spectrum", self.csv.encode(), "spectrum.csv")
