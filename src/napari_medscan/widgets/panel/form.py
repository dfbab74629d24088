"""What the pages of the panel are made of: magicgui widgets, in rows and under headings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from magicgui.widgets import (
    CheckBox,
    ComboBox,
    Container,
    FloatSpinBox,
    Label,
    PushButton,
    Widget,
)
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QGridLayout, QSizePolicy, QWidget

from napari_medscan.napari_.failure_log import guarded
from napari_medscan.widgets.decimal_comma import accept_comma
from napari_medscan.widgets.full_text import show_in_full

Call = Callable[..., object]
_SPACING = 6
_SHORTEST_BOX = 4
"""Characters that a box shows at least; its longest item would make the panel wider."""
_NARROWEST_FIELD = 100
"""Pixels; a field's own width would be that of the longest number that it could hold."""


class Choice(ComboBox):
    """A box that is filled before a script sets its value.

    The pages follow the viewer from the event loop, which a script may not have reached since it
    opened a series.
    """

    refresh: Callable[[], object] | None = None
    """Fills the box with what the current series offers."""

    @property
    def value(self) -> Any:  # noqa: ANN401 - as in magicgui
        """The choice that is shown; setting one that is not offered raises ValueError."""
        return ComboBox.value.fget(self)  # type: ignore[attr-defined]

    @value.setter
    def value(self, value: Any) -> None:  # noqa: ANN401
        if self.refresh is not None and not self.native.signalsBlocked():
            self.refresh()
        ComboBox.value.fset(self, value)  # type: ignore[attr-defined]


class Page(Container[Widget]):
    """One tab of the panel. What lies in its rows is an attribute of the page, too.

    ``panel.views.plane`` is the box named "plane", whatever row of the page it is in. A part of a
    page has no margin.
    """

    def __init__(self, margin: int = _SPACING) -> None:
        super().__init__(labels=False)
        self.margins = (margin, margin, margin, margin)
        self.native.layout().setSpacing(_SPACING)

    def __getattr__(self, name: str) -> Widget:
        """Return the widget of a name, from any row."""
        found = None if name.startswith("_") else _find(self, name)
        return super().__getattr__(name) if found is None else found

    def __dir__(self) -> list[str]:
        """Return the names of all widgets, too."""
        return [*super().__dir__(), *_names(self)]

    def follow_viewer(self) -> None:
        """Show what the viewer shows now, which the page else does from the event loop."""

    def release(self) -> None:
        """Let go of the viewer and stop all work."""


def row(*widgets: Widget) -> Container[Widget]:
    """Return widgets side by side."""
    container: Container[Widget] = Container(widgets=widgets, layout="horizontal", labels=False)
    container.margins = (0, 0, 0, 0)
    container.native.layout().setSpacing(_SPACING)
    return container


def column(*widgets: Widget) -> Container[Widget]:
    """Return widgets below each other."""
    container: Container[Widget] = Container(widgets=widgets, labels=False)
    container.margins = (0, 0, 0, 0)
    container.native.layout().setSpacing(_SPACING)
    return container


def holder(part: QWidget) -> Container[Widget]:
    """Return a Container around an item view or another widget that magicgui does not have."""
    container = column()
    container.native.layout().addWidget(part)
    container.native.setSizePolicy(part.sizePolicy())
    return container


def stretch(widget: Widget, factor: int = 1) -> Widget:
    """Let a widget take the width that is left in its row, or a larger part of it."""
    policy = widget.native.sizePolicy()
    policy.setHorizontalPolicy(QSizePolicy.Policy.Expanding)
    policy.setHorizontalStretch(factor)
    widget.native.setSizePolicy(policy)
    return widget


def form(*lines: tuple[str, Widget]) -> Container[Widget]:
    """Return widgets below each other, with labels on their left.

    magicgui's own labels are ragged: it measures them before napari's style gives them their font.
    """
    container = column(*(part for _, part in lines))
    grid = QGridLayout()
    grid.setSpacing(_SPACING)
    grid.setColumnStretch(1, 1)
    for number, (text, part) in enumerate(lines):
        grid.addWidget(_label(text).native, number, 0)
        grid.addWidget(part.native, number, 1)
    container.native.layout().addLayout(grid)
    return container


def heading(text: str) -> Label:
    """Return the heading of a group of rows."""
    label = _label(text)
    font = label.native.font()
    font.setBold(True)
    label.native.setFont(font)
    return label


def note(name: str, text: str = "") -> Label:
    """Return a line, or some, of plain text that break where the panel ends."""
    label = _label(text, name)
    label.native.setWordWrap(True)
    # magicgui would keep it as wide as its first text.
    label.native.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def button(name: str, text: str, tooltip: str, call: Call | None = None) -> PushButton:
    """Return a button; scripts press it with ``button.clicked.emit(True)``."""
    made = PushButton(name=name, text=text, tooltip=tooltip)
    made.native.setMinimumWidth(10)
    if call is not None:
        made.changed.connect(guarded(lambda _clicked: call()))
    return made


def toggle(
    name: str, text: str, tooltip: str, call: Call | None = None, *, value: bool = False
) -> PushButton:
    """Return a button that stays down while its value is True; `call` gets the value."""
    made = PushButton(name=name, text=text, tooltip=tooltip)
    made.native.setCheckable(True)
    made.native.setMinimumWidth(10)
    made.value = value
    if call is not None:
        # magicgui says `changed` for clicks alone, not when a script sets the value.
        made.native.toggled.connect(guarded(call))
    return made


def check(
    name: str, text: str, tooltip: str, call: Call | None = None, *, value: bool = False
) -> CheckBox:
    """Return a check box; `call` gets the value."""
    made = CheckBox(name=name, text=text, tooltip=tooltip, value=value)
    if call is not None:
        made.changed.connect(guarded(call))
    return made


def number(
    name: str,
    tooltip: str,
    call: Call | None = None,
    *,
    limits: tuple[float, float],
    value: float,
    unit: str = "",
) -> FloatSpinBox:
    """Return a field for a number; `call` gets the number once it is typed, not at every key."""
    low, high = limits
    made = FloatSpinBox(name=name, tooltip=tooltip, min=low, max=high, value=value, step=1)
    field = made.native
    field.setKeyboardTracking(False)
    field.setDecimals(1)
    field.setMinimumWidth(_NARROWEST_FIELD)
    field.setSuffix(unit)
    accept_comma(field)
    if call is not None:
        made.changed.connect(guarded(call))
    stretch(made)
    return made


def choice(
    name: str,
    tooltip: str,
    choices: Callable[[Widget], Iterable[Any]] | Iterable[Any],
    call: Call | None = None,
    refresh: Callable[[], object] | None = None,
) -> Choice:
    """Return a box with choices; `call` gets the one that is chosen.

    Choices that change are a callable: others would be gone when napari's layers change.
    `refresh` fills the box when a script sets its value.
    """
    made = Choice(name=name, tooltip=tooltip, choices=choices)
    made.refresh = None if refresh is None else guarded(refresh)
    made.native.setMinimumContentsLength(_SHORTEST_BOX)
    made.native.setSizeAdjustPolicy(
        QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    )
    show_in_full(made.native)
    if call is not None:
        made.changed.connect(guarded(call))
    stretch(made)
    return made


@contextmanager
def quiet(widget: Any) -> Iterator[None]:  # noqa: ANN401 - any widget with a value
    """Keep a widget's callback from being called.

    Signals of both kinds are blocked: a field whose decimals change tells a new value, too.
    """
    was_blocked = widget.native.blockSignals(True)
    try:
        with widget.changed.blocked():
            yield
    finally:
        widget.native.blockSignals(was_blocked)


def put(widget: Any, value: object) -> None:  # noqa: ANN401
    """Show a value, without a call of the widget's callback."""
    with quiet(widget):
        widget.value = value


def offer(box: ComboBox, value: object) -> None:
    """Fill a box with what its callable offers now, and show a value; the first if it is not there.

    The widget's callback is not called.
    """
    with box.changed.blocked():
        box.reset_choices()
    choices = box.choices
    if choices:
        put(box, value if value in choices else choices[0])


def _label(text: str, name: str = "") -> Label:
    label = Label(name=name, value=text)
    # Otherwise Qt takes a text with marks for HTML.
    label.native.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _find(container: Container[Widget], name: str) -> Widget | None:
    """Return the widget of a name in a Container or one that lies in it."""
    found = container.get_widget(name)
    if found is not None:
        return found
    parts = (part for part in container if isinstance(part, Container))
    return next((inner for part in parts if (inner := _find(part, name)) is not None), None)


def _names(container: Container[Widget]) -> Iterable[str]:
    for part in container:
        if part.name:
            yield part.name
        if isinstance(part, Container):
            yield from _names(part)
