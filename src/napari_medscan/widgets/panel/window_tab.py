"""The window of a layer: presets, centre and width, histogram."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import napari.viewer
from napari.layers import Image
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from napari_medscan.dicom import Stack
from napari_medscan.dicom.presets import (
    DisplayScale,
    OfferedPresets,
    as_kept,
    display_scale,
    group_of,
    offered_presets,
    suv_lacks,
)
from napari_medscan.dicom.text import defuse
from napari_medscan.dicom.window import Voi, Window, full_range, percentile_limits
from napari_medscan.napari_ import settings
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.keys import SeriesKeys
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.user_presets import UserPresets, presets_file
from napari_medscan.napari_.viewer_watch import Change, watch
from napari_medscan.napari_.window_drag import WindowDrag
from napari_medscan.napari_.window_scope import set_window_scope, show_window, window_targets
from napari_medscan.napari_.windowing import (
    center_width,
    current_windowed,
    curve_of,
    display_factor,
    function_of,
    invert,
    is_inverted,
    is_shown,
    on_screen,
    set_center_width,
    set_limits,
)
from napari_medscan.widgets.panel.histogram import sampled
from napari_medscan.widgets.panel.histogram_box import HistogramBox
from napari_medscan.widgets.panel.number_field import NumberField, rounded
from napari_medscan.widgets.panel.own_presets import OwnPresets
from napari_medscan.widgets.panel.preset_list import PresetList, short


class WindowSection(QWidget):
    """Presets, centre and width, and histogram of the active layer, or the topmost visible.

    Also binds the keys 1 to 9 and 0 of our layers and the right button on the canvas.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers to window.
    parent : QWidget, optional
        Where it lies.
    """

    def __init__(self, viewer: napari.viewer.Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._presets = UserPresets(presets_file())
        self._layer: Image | None = None
        self._span: tuple[float, ...] | None = None
        self._offered = OfferedPresets()
        self._limiting = Latest(self)
        self._build()
        self._subscriptions = [
            watch(viewer, self._on_viewer),
            watch(viewer, self._on_look, Change.LOOK, before_paint=True),
        ]
        self._drag = WindowDrag(viewer, self.targets)
        self._unheard = settings.on_change(self._on_settings)
        self._on_settings()
        self._keys = SeriesKeys(viewer)
        viewer.events.theme.connect(self._on_theme)
        self._on_theme()
        self._on_viewer()

    def release(self) -> None:
        """Let go of the viewer, its keys and its right button; stop all work."""
        self._viewer.events.theme.disconnect(self._on_theme)
        self._unheard()
        for subscription in self._subscriptions:
            subscription.release()
        for part in (self._drag, self._keys, self._counted, self._limiting):
            part.release()

    def targets(self, layer: Image) -> list[Image]:
        """Return the layers that change when `layer` does, itself among them."""
        return window_targets(self._viewer, layer)

    # --- what stands where

    def _build(self) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(6)
        self._title = QElidingLabel()
        layout.addWidget(self._title)
        self._lack = QLabel()
        self._lack.setTextFormat(Qt.TextFormat.PlainText)
        self._lack.setWordWrap(True)
        self._lack.hide()
        layout.addWidget(self._lack)
        self._body = QWidget()
        layout.addWidget(self._body, stretch=1)
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(6)
        self._counted = HistogramBox(self._viewer)
        self._histogram = self._counted.histogram
        self._histogram.limits_changed.connect(self._on_limits)
        body.addWidget(self._counted)
        body.addLayout(self._fields())
        body.addLayout(self._buttons())
        self._list = PresetList()
        self._list.chosen.connect(self._choose)
        body.addWidget(self._list, stretch=1)
        body.addLayout(self._bottom())
        self._dragging = QCheckBox("Right-drag sets the window")
        self._dragging.setToolTip("Sideways for width, up and down for centre. When off, it zooms.")
        self._dragging.toggled.connect(self._on_dragging)
        body.addWidget(self._dragging)

    def _fields(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        self._center_label, self._width_label = QLabel("Centre"), QLabel("Width")
        self._center, self._width = NumberField(), NumberField()
        self._center.valueChanged.connect(self._on_center)
        self._width.valueChanged.connect(self._on_width)
        pairs = ((self._center_label, self._center), (self._width_label, self._width))
        for column, (label, field) in enumerate(pairs):
            label.setBuddy(field)
            grid.addWidget(label, 0, column)
            grid.addWidget(field, 1, column)
            grid.setColumnStretch(column, 1)
        return grid

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        automatic, full = QPushButton("Auto"), QPushButton("Full range")
        automatic.setToolTip("1st to 99th percentile of what is on screen. Key 0")
        full.setToolTip("Least to greatest value of what is on screen.")
        automatic.clicked.connect(lambda: self._limit(percentile_limits))
        full.clicked.connect(lambda: self._limit(full_range))
        self._invert = QPushButton("Invert")
        self._invert.setCheckable(True)
        self._invert.setToolTip("Black for white.")
        self._invert.clicked.connect(self._on_invert)
        for button in (automatic, full, self._invert):
            row.addWidget(button, stretch=1)
        return row

    def _bottom(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        own = OwnPresets(self._presets, self._list, self._current)
        own.changed.connect(self._on_own)
        self._scope = QComboBox()
        self._scope.addItems(["Selected", "All"])
        self._scope.setToolTip(
            "What presets, fields and dragging change: the selected layers, or all of the modality."
        )
        self._scope.currentIndexChanged.connect(self._on_scope)
        row.addWidget(own)
        row.addStretch(1)
        row.addWidget(QLabel("Apply to"))
        row.addWidget(self._scope)
        return row

    # --- following the viewer

    def _on_theme(self, _event: object = None) -> None:
        self._histogram.set_theme(self._viewer.theme)

    def _on_viewer(self) -> None:
        layer = current_windowed(self._viewer)
        if layer != self._layer:
            self._layer = layer
            self._counted.follow(layer)
            # Not at every step of the slider: they are read from a file.
            self._read_presets()
            self._sync()
        self._counted.refresh()

    def _on_look(self) -> None:
        """Show a window that was changed elsewhere, before the canvas is painted."""
        self._sync()
        span = None if self._layer is None else tuple(self._layer.contrast_limits_range)
        if span != self._span:
            self._span = span
            self._counted.refresh()

    def _sync(self) -> None:
        """Show the state of the layer; nothing here changes it."""
        layer, stack = self._layer, stack_of(self._layer)
        self._body.setEnabled(layer is not None)
        if layer is None or stack is None:
            self._title.setText("No grey-scale layer of MedScan is selected.")
            self._list.fill([], (), (), DisplayScale(1, ""))
            self._lack.hide()
            return
        self._title.setText(defuse(layer.name))
        self._title.setToolTip(defuse(layer.name))
        lack = suv_lacks(stack)
        self._lack.setText(lack)
        self._lack.setVisible(bool(lack))
        factor, unit = display_scale(stack)
        unit = f" ({unit})" if unit else ""
        self._center_label.setText(f"Centre{unit}")
        self._width_label.setText(f"Width{unit}")
        center, width = (number * factor for number in center_width(layer))
        self._center.show_number(center, width)
        self._width.show_number(width, width)
        self._invert.setChecked(is_inverted(layer))
        self._scope.setItemText(1, f"All {stack.modality}".strip())
        low, high = layer.contrast_limits
        span = (high - low) * factor
        self._histogram.show_window(
            (low, high),
            tuple(layer.contrast_limits_range),
            (rounded(low * factor, span), rounded(high * factor, span)),
            curve_of(layer),
        )
        self._fill(layer, stack)

    def _fill(self, layer: Image, stack: Stack) -> None:
        presets = self._offered
        groups = [
            ("From the file", presets.file),
            ("My presets", presets.own),
            (f"Usual for {stack.modality}", presets.usual),
        ]
        self._list.fill(groups, presets.own, presets.keys, display_scale(stack))
        self._list.mark([voi for voi in self._list.vois() if is_shown(layer, voi)])

    def _read_presets(self) -> None:
        stack = stack_of(self._layer)
        self._offered = OfferedPresets() if stack is None else self._presets_of(stack)

    def _presets_of(self, stack: Stack) -> OfferedPresets:
        return offered_presets(stack, self._presets.of(group_of(stack)))

    # --- changing the window

    def _each(self, change: Callable[[Image, float], object]) -> None:
        """Change the layer and what goes with it, told what makes values mean the same there."""
        if self._layer is not None:
            for layer in self.targets(self._layer):
                change(layer, display_factor(self._layer) / display_factor(layer))

    def _choose(self, voi: Voi) -> None:
        if self._layer is not None:
            show_window(self._viewer, self._layer, voi)

    def _limit(self, limits_of: Callable[..., tuple[float, float]]) -> None:
        """Set limits by what is on screen, which is read in a thread."""
        work = []
        for layer in [] if self._layer is None else self.targets(self._layer):
            stack, read = stack_of(layer), on_screen(self._viewer, layer)
            if stack is not None and read is not None:
                work.append((layer, read, stack.padding))
        self._limiting.start(
            lambda _: [
                (layer, limits_of(sampled(read()), padding)) for layer, read, padding in work
            ],
            _apply_limits,
        )

    def _on_invert(self) -> None:
        wanted = self._invert.isChecked()
        self._each(lambda layer, _: invert(layer) if is_inverted(layer) != wanted else None)

    def _on_limits(self, low: float, high: float) -> None:
        self._each(lambda layer, ratio: set_limits(layer, low * ratio, high * ratio))

    def _on_center(self, center: float) -> None:
        if self._layer is not None:
            width = center_width(self._layer)[1]
            center /= display_factor(self._layer)
            self._each(lambda layer, x: set_center_width(layer, center * x, width * x))

    def _on_width(self, width: float) -> None:
        if self._layer is not None:
            center = center_width(self._layer)[0]
            width /= display_factor(self._layer)
            self._each(lambda layer, x: set_center_width(layer, center * x, width * x))
            # A width that is not possible has become one that is.
            self._sync()

    def _on_scope(self, index: int) -> None:
        set_window_scope(self._viewer, "all" if index else "selected")

    def _on_dragging(self, on: bool) -> None:  # noqa: FBT001 - Qt's signal
        self._drag.enabled = on
        settings.change(right_drag=on)

    def _on_settings(self) -> None:
        self._dragging.setChecked(settings.current().right_drag)
        self._drag.enabled = self._dragging.isChecked()

    # --- the user's own presets

    def _current(self) -> tuple[str, Window]:
        """Return where a preset of the layer is kept, and the window that it is drawn by."""
        layer, stack = self._layer, stack_of(self._layer)
        if layer is None or stack is None:
            return "", Window("", 0, 1)
        window = Window("", *center_width(layer), function_of(layer) or "LINEAR_EXACT")
        kept = as_kept(window, stack)
        return _group(layer), replace(kept, name=f"{short(kept.center)} / {short(kept.width)}")

    def _on_own(self) -> None:
        self._read_presets()
        self._sync()


def _apply_limits(found: object) -> None:
    # A list of layers and limits, or why there is none: the window stays as it is then.
    for layer, limits in found if isinstance(found, list) else ():
        set_limits(layer, *limits)


def _group(layer: Image | None) -> str:
    stack = stack_of(layer)
    return "" if stack is None else group_of(stack)
