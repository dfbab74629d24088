"""The dock of a waveform: strips over ECG paper, its annotations, and both as CSV."""

from __future__ import annotations

from typing import Final

import napari.viewer
from magicgui.widgets import CheckBox, ComboBox, PushButton
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QScrollBar,
    QSplitter,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.counted import counted
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.objects.waveform import MultiplexGroup, WaveformContent
from napari_medscan.dicom.objects.waveform_csv import annotations_csv, channel_names, samples_csv
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.series_text import ended
from napari_medscan.napari_.table import plain_table
from napari_medscan.widgets.dock import Docked
from napari_medscan.widgets.recording.strips import Mark, Strips
from napari_medscan.widgets.save_bytes import save_bytes
from napari_medscan.widgets.theme import follow_theme

_MOST_VALUES: Final = 5_000_000
_STEPS: Final = 10_000
"""Of the scroll bar over the whole recording."""


class WaveformDock(Docked):
    """Shows a waveform.

    Parameters
    ----------
    content : WaveformContent
        What the file holds.
    viewer : napari.viewer.Viewer
        Whose theme it has.
    """

    def __init__(self, content: WaveformContent, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._content = content
        names = [_group_name(group, number) for number, group in enumerate(content.groups, 1)]
        self.group = ComboBox(name="group", choices=names, tooltip="Channels sampled together")
        self.show_marks = CheckBox(name="marks", text="Marks", value=True)
        self.show_marks.tooltip = "Show annotations that have a time"
        self.show_paper = PushButton(name="paper", text="25 mm/s, 10 mm/mV")
        self.show_all = PushButton(name="all", text="Show all")
        self.export_samples = PushButton(name="samples", text="Export values in view…")
        self.export_notes = PushButton(name="notes", text="Export annotations…")
        self.strips = Strips()
        self.reading, self.notes = QLabel(), QLabel()
        self.scroll_bar = QScrollBar(Qt.Orientation.Horizontal)
        self.table = plain_table(("Annotation", "Value", "At", "Channels"))
        self._lay_out()
        self.group.changed.connect(guarded(self._on_group))
        self.show_marks.changed.connect(guarded(self._on_marks))
        self.show_paper.changed.connect(guarded(self.strips.show_paper))
        self.show_all.changed.connect(guarded(self.strips.show_all))
        self.export_samples.changed.connect(guarded(self._on_samples))
        self.export_notes.changed.connect(guarded(self._on_notes))
        self.strips.pointed.connect(self.reading.setText)
        self.strips.span_changed.connect(self._on_span)
        self.scroll_bar.valueChanged.connect(self._on_scroll)
        self.table.itemDoubleClicked.connect(self._on_row)
        self.on_release(follow_theme(viewer, self.strips.set_theme))
        self._fill_table()
        self._on_group()

    @property
    def shown(self) -> MultiplexGroup:
        """The group in view."""
        return self._content.groups[self._number]

    @property
    def _number(self) -> int:
        return list(self.group.choices).index(self.group.value)

    def _lay_out(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        for each in (self.group, self.show_marks, self.show_paper, self.show_all):
            head.addWidget(each.native)
        head.addStretch(1)
        for each in (self.export_samples, self.export_notes):
            head.addWidget(each.native)
        foot.addWidget(self.reading, 1)
        foot.addWidget(self.notes)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self.strips)
        left, plot = QWidget(), QVBoxLayout()
        plot.setContentsMargins(0, 0, 0, 0)
        plot.addWidget(area, 1)
        plot.addWidget(self.scroll_bar)
        left.setLayout(plot)
        body = QSplitter(Qt.Orientation.Horizontal)
        body.addWidget(left)
        body.addWidget(self.table)
        body.setStretchFactor(0, 4)
        body.setStretchFactor(1, 1)
        self.table.setVisible(bool(self._content.annotations))
        self.export_notes.enabled = bool(self._content.annotations)
        self.group.visible = len(self._content.groups) > 1
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(body, 1)
        layout.addLayout(foot)

    def _fill_table(self) -> None:
        for each in self._content.annotations:
            at = " – ".join(f"{time:.3f} s" for time in each.times[:1] + each.times[1:][-1:])
            value = " ".join(filter(None, (each.value, each.unit)))
            names = channel_names(self._content, each.group, each.channels)
            row = QTreeWidgetItem([defuse(text) for text in (each.name, value, at, names)])
            row.setData(0, Qt.ItemDataRole.UserRole, each.times[0] if each.times else None)
            self.table.addTopLevelItem(row)
        for column in range(3):
            self.table.resizeColumnToContents(column)

    def _marks(self) -> list[Mark]:
        if not self.show_marks.value:
            return []
        return [
            Mark(each.times[0], each.times[-1], defuse(each.text))
            for each in self._content.annotations
            if each.times and each.group in (None, self._number)
        ]

    def _on_group(self, _value: object = None) -> None:
        notes = (*self._content.notes, *self.shown.notes)
        self.notes.setText(" ".join(map(ended, notes)))
        self.strips.show_group(self.shown, self._marks())

    def _on_marks(self, _value: object = None) -> None:
        self.strips.show_marks(self._marks())

    def _on_span(self) -> None:
        (first, last), (start, end) = self.strips.whole, self.strips.span
        part = (end - start) / (last - first)
        page = max(1, round(part * _STEPS))
        self.scroll_bar.blockSignals(True)
        self.scroll_bar.setRange(0, _STEPS - page)
        self.scroll_bar.setPageStep(page)
        self.scroll_bar.setSingleStep(max(1, page // 10))
        self.scroll_bar.setValue(round((start - first) / (last - first) * _STEPS))
        self.scroll_bar.blockSignals(False)

    def _on_scroll(self, value: int) -> None:
        (first, last), (start, end) = self.strips.whole, self.strips.span
        at = first + value / _STEPS * (last - first)
        self.strips.show_span(at, at + end - start)

    def _on_row(self, row: QTreeWidgetItem, _column: int) -> None:
        at = row.data(0, Qt.ItemDataRole.UserRole)
        if at is not None:
            start, end = self.strips.span
            self.strips.show_span(at - (end - start) / 2, at + (end - start) / 2)

    def _on_samples(self, _clicked: object = None) -> None:
        seen = self.strips.samples_in_view()
        if (seen.stop - seen.start) * len(self.shown.channels) > _MOST_VALUES:
            tell(f"Zoom in: {_MOST_VALUES:,} values can be exported at a time.")
            return
        data = samples_csv(self.shown, seen).encode()
        save_bytes(self, "waveform", data, "waveform.csv")

    def _on_notes(self, _clicked: object = None) -> None:
        data = annotations_csv(self._content).encode()
        save_bytes(self, "annotations", data, "annotations.csv")


def _group_name(group: MultiplexGroup, number: int) -> str:
    label = group.label or f"Group {number}"
    channels = counted(len(group.channels), "channel")
    return f"{number}: {label} · {channels}, {group.duration:.4g} s, {group.frequency:g} Hz"
