"""The panel's section of views: planes, slabs, volumes, cine, links, texts on the canvas."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

import napari.viewer
from napari.layers import Image
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.dicom import Stack
from napari_medscan.dicom.text import defuse
from napari_medscan.napari_ import settings
from napari_medscan.napari_.canvas_text import ScaleBar
from napari_medscan.napari_.cine import DEFAULT_RATE, MAX_RATE, cine_axis, cine_of, cine_rate
from napari_medscan.napari_.corner_text import CornerText, IdentityText
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.directions import world_directions
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.linking import Alignment, SamePlace, slice_link_of
from napari_medscan.napari_.orientation_letters import OrientationLetters
from napari_medscan.napari_.planes import (
    Plane,
    Projection,
    cuts_slices,
    set_slab,
    show_acquired,
    show_plane,
)
from napari_medscan.napari_.readout import CursorReadout
from napari_medscan.napari_.view import follow_openings
from napari_medscan.napari_.viewer_watch import watch
from napari_medscan.napari_.volume_loader import WholeVolume
from napari_medscan.napari_.volume_view import (
    CT_PRESETS,
    DEPTH_MIP,
    MIP,
    Volumes,
    volume_presets,
)

PLANES: tuple[tuple[str, Plane, str], ...] = (
    ("Axial", "axial", "Seen from the feet, front up"),
    ("Coronal", "coronal", "Seen from the front, head up"),
    ("Sagittal", "sagittal", "Seen from the patient's left, head up"),
)
PROJECTIONS: tuple[tuple[str, Projection], ...] = (
    ("Single slice", "none"),
    ("MIP (maximum)", "max"),
    ("MinIP (minimum)", "min"),
    ("Average", "mean"),
)
VOLUMES = tuple(preset.name for preset in (*CT_PRESETS, MIP, DEPTH_MIP))


class Releasable(Protocol):
    """Something that works until it is released."""

    def release(self) -> None:
        """Stop, and leave no trace."""


class Switch(QCheckBox):
    """A check box for something that is there as long as it is checked.

    Parameters
    ----------
    text, tip : str
        Its label and tool tip.
    make : callable
        Makes it.
    on : bool
        Whether it is there at first.
    """

    def __init__(
        self, text: str, tip: str, make: Callable[[], Releasable], *, on: bool = False
    ) -> None:
        super().__init__(text)
        self.setToolTip(tip)
        self._make = make
        self._made: Releasable | None = None
        self.toggled.connect(self._on_toggled)
        self.setChecked(on)

    def release(self) -> None:
        """Stop what is there."""
        made, self._made = self._made, None
        if made is not None:
            made.release()

    def _on_toggled(self, on: bool) -> None:  # noqa: FBT001 - Qt's signal
        self.release()
        if on:
            self._made = self._make()


class ViewsSection(QWidget):
    """Planes, slabs, volumes, cine, links and what stands on the canvas.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        What they are about.
    parent : QWidget, optional
        Of this widget.
    """

    def __init__(self, viewer: napari.viewer.Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._stack: Stack | None = None
        self._cine = cine_of(viewer)
        self._cine.changed.connect(self._show_playing)
        self._link = slice_link_of(viewer)
        self._volumes = Volumes(viewer)
        self.whole = WholeVolume(viewer, self)
        follow_openings(viewer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(6)
        for title, build in (
            ("Plane", self._build_planes),
            ("Slab", self._build_slab),
            ("3-D", self._build_volumes),
            ("Cine", self._build_cine),
            ("Two series", self._build_links),
            ("On the canvas", self._build_texts),
        ):
            box = QGroupBox(title)
            build(box)
            layout.addWidget(box)
        layout.addStretch(1)
        self._subscription = watch(viewer, self._update)
        self._update()

    def release(self) -> None:
        """Take everything off the canvas and let go of the viewer."""
        self._subscription.release()
        self._cine.changed.disconnect(self._show_playing)
        self._cine.stop()
        for switch in self._switches:
            switch.release()
        self._link.unlink()
        self.whole.release()
        if self._projection.currentData() != "none":
            set_slab(self._viewer, self._layers(), "none", 0)
        self._volumes.release()

    def _build_planes(self, box: QGroupBox) -> None:
        grid = QGridLayout(box)
        self._planes = []
        for number, (text, plane, tip) in enumerate(PLANES):
            button = _button(text, tip, partial(self._on_plane, plane))
            grid.addWidget(button, *divmod(number, 2))
            self._planes.append(button)
        tip = "Slices as the scanner made them, first row on top"
        self._acquired = _button("As acquired", tip, self._on_acquired)
        grid.addWidget(self._acquired, 1, 1)

    def _build_slab(self, box: QGroupBox) -> None:
        self._projection = QComboBox()
        self._projection.setToolTip("What is shown of the slices of a slab")
        for text, mode in PROJECTIONS:
            self._projection.addItem(text, mode)
        self._thickness = QDoubleSpinBox()
        self._thickness.setToolTip("Thickness of the slab")
        self._thickness.setDecimals(1)
        self._thickness.setRange(0.1, 1000)
        self._thickness.setValue(10)
        self._thickness.setSuffix(" mm")
        self._thickness.setKeyboardTracking(False)
        self._thickness.setEnabled(False)
        self._projection.currentIndexChanged.connect(self._on_slab)
        self._thickness.valueChanged.connect(self._on_slab)
        row = QHBoxLayout(box)
        row.addWidget(self._projection, 1)
        row.addWidget(self._thickness)

    def _build_volumes(self, box: QGroupBox) -> None:
        grid = QGridLayout(box)
        self._presets = {}
        for number, name in enumerate(VOLUMES):
            button = _button(name, "", partial(self._on_volume, name))
            grid.addWidget(button, *divmod(number, 2))
            self._presets[name] = button

    def _build_cine(self, box: QGroupBox) -> None:
        self._play = _button("Play", "Play the frames, or the slices, in a loop", self._on_play)
        self._play.setCheckable(True)
        self._rate = QDoubleSpinBox()
        self._rate.setToolTip("Frames a second; at first what the file says, else 15")
        self._rate.setDecimals(1)
        self._rate.setRange(0.1, MAX_RATE)
        self._rate.setValue(DEFAULT_RATE)
        self._rate.setSuffix(" fps")
        self._rate.setKeyboardTracking(False)
        self._rate.valueChanged.connect(self._on_rate)
        row = QHBoxLayout(box)
        row.addWidget(self._play, 1)
        row.addWidget(self._rate)

    def _build_links(self, box: QGroupBox) -> None:
        column = QVBoxLayout(box)
        same_place = Switch(
            "Keep the place in the patient",
            "Selecting another series goes to the same place in it, whatever its orientation",
            partial(SamePlace, self._viewer),
        )
        align = Switch(
            "Align to the selected layer in 3-D",
            "Visible series of other orientations are placed in its frame, as long as it is 3-D",
            partial(Alignment, self._viewer),
        )
        self._switches = [same_place, align]
        mark = "Remember the slice in view, of a prior examination for instance"
        self._mark = _button("Mark slice", mark, self._on_mark)
        link = "Move the marked series so that its slice lies on the slice in view"
        self._join = _button("Link here", link, self._on_link)
        self._part = _button("Unlink", "Put the moved series back", self._on_unlink)
        row = QHBoxLayout()
        for button in (self._mark, self._join, self._part):
            row.addWidget(button)
        self._said = QLabel()
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setWordWrap(True)
        # Two lines, always: the sections below must not jump.
        self._said.setFixedHeight(2 * self._said.fontMetrics().lineSpacing() + 2)
        for switch in self._switches:
            column.addWidget(switch)
        column.addLayout(row)
        column.addWidget(self._said)

    def _build_texts(self, box: QGroupBox) -> None:
        column = QVBoxLayout(box)
        chosen = settings.current()
        letters = chosen.orientation_letters
        for text, tip, make, on in (
            ("Orientation letters", "R/L, A/P, S/I at the edges", OrientationLetters, letters),
            (
                "Series, slice, window, zoom",
                "In the corners, with warnings about the slice",
                CornerText,
                chosen.corner_text,
            ),
            (
                "Name of the patient",
                "With ID and birth date, read from the file. Screenshots will show it too.",
                IdentityText,
                chosen.patient_in_corner,
            ),
            ("Scale bar", "In millimetres where the file tells them", ScaleBar, True),
            (
                "Value and position in the status bar",
                "Of the voxel under the cursor, in patient coordinates",
                CursorReadout,
                True,
            ),
        ):
            switch = Switch(text, tip, partial(make, self._viewer), on=on)
            self._switches.append(switch)
            column.addWidget(switch)

    def _layers(self) -> list[Image]:
        """Return our layers, the leading one first."""
        leading = current_layer(self._viewer)
        ours = [x for x in self._viewer.layers if isinstance(x, Image) and stack_of(x) is not None]
        return sorted(ours, key=lambda layer: layer != leading)

    def _update(self) -> None:
        """Offer what the leading layer can do."""
        layer = current_layer(self._viewer)
        stack = stack_of(layer)
        known = layer is not None and world_directions(self._viewer, layer) is not None
        for button in self._planes:
            button.setEnabled(layer is not None and layer.ndim > 2 and known)
        self._acquired.setEnabled(layer is not None)
        offered = {preset.name for preset in volume_presets(layer)}
        why_not = "Only for CT in Hounsfield units" if offered else "Only for grey series of slices"
        for name, button in self._presets.items():
            button.setEnabled(name in offered)
            button.setToolTip("" if name in offered else why_not)
        self._play.setEnabled(self._cine.is_playing or cine_axis(self._viewer) is not None)
        if stack is not self._stack:
            self._stack = stack
            if stack is not None:
                self._rate.setValue(cine_rate(stack))
            self._on_slab()
        in_2d = layer is not None and layer.ndim > 2 and self._viewer.dims.ndisplay == 2
        self._mark.setEnabled(in_2d)
        self._join.setEnabled(in_2d and self._link.marked is not None)
        self._part.setEnabled(self._link.is_linked)

    def _on_plane(self, plane: Plane) -> None:
        layer = current_layer(self._viewer)
        if layer is None:
            return
        show = partial(show_plane, self._viewer, layer, plane)
        if cuts_slices(self._viewer, layer, plane):
            self.whole.before(show, layer)
        else:
            show()

    def _on_acquired(self) -> None:
        show_acquired(self._viewer, current_layer(self._viewer))

    def _on_slab(self, _value: object = None) -> None:
        mode = self._projection.currentData()
        self._thickness.setEnabled(mode != "none")
        set_slab(self._viewer, self._layers(), mode, self._thickness.value())

    def _on_volume(self, name: str) -> None:
        layer = current_layer(self._viewer)
        for preset in volume_presets(layer):
            if layer is not None and preset.name == name:
                self.whole.before(partial(self._volumes.show, layer, preset), layer)

    def _on_play(self) -> None:
        if self._cine.is_playing:
            self._cine.stop()
        else:
            self._cine.play(self._rate.value())
        self._show_playing()

    def _on_rate(self, rate: float) -> None:
        if self._cine.is_playing:
            self._cine.play(rate)

    def _show_playing(self) -> None:
        playing = self._cine.is_playing
        self._play.setChecked(playing)
        self._play.setText("Stop" if playing else "Play")

    def _on_mark(self) -> None:
        why = self._link.mark()
        marked = self._link.marked
        name = "" if marked is None else marked.name.partition(" · ")[0]
        self._say(why or f"{name} is marked. Select the other series and show the same place.")

    def _on_link(self) -> None:
        self._say(self._link.link() or "Linked: one slider scrolls both.")

    def _on_unlink(self) -> None:
        self._link.unlink()
        self._say("")

    def _say(self, text: str) -> None:
        self._said.setText(defuse(text))
        self._said.setToolTip(defuse(text))
        self._update()


def _button(text: str, tip: str, on_click: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    # Qt's signal brings whether it is checked.
    button.clicked.connect(lambda _checked: on_click())
    return button
