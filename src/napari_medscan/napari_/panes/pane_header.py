"""What heads a pane: its mark, and the title or the choice of its series, in any width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qtpy.QtCore import Qt
from qtpy.QtGui import QFontMetrics, QPaintEvent, QResizeEvent
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from napari_medscan.dicom.elements.text import defuse

_NONE = "Choose a series…"
_TIP = "The series in this pane; drop files on it to open them here"


@dataclass(frozen=True, slots=True)
class Title:
    """What heads a pane.

    Parameters
    ----------
    full : str
        The title where it has room, and its tooltip.
    brief : str
        The same for a narrow pane, which shows the start of it: what tells most comes first.
    """

    full: str
    brief: str = ""

    def fitted(self, metrics: QFontMetrics, width: int) -> str:
        """Return the full title if it is no wider than some pixels, else the start of the brief."""
        if metrics.horizontalAdvance(self.full) <= width:
            return self.full
        return metrics.elidedText(self.brief or self.full, Qt.TextElideMode.ElideRight, width)


class PaneHeader(QWidget):
    """A mark in the color of the pane, and beside it a title, or a list to choose a series from.

    Parameters
    ----------
    color : str
        Of the mark.
    """

    def __init__(self, color: str) -> None:
        super().__init__()
        self.on_chosen: Callable[[int], object] | None = None
        """Called with the number of the entry that the user has chosen."""
        mark = QLabel("■")
        mark.setStyleSheet(f"color: {color}; background: transparent;")
        self.title = _TitleLabel()
        self.series = _SeriesBox()
        self.series.activated.connect(self._on_activated)
        for part in (self.title, self.series):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 1, 4, 1)
        row.addWidget(mark)
        # As high as the higher of them: canvases side by side begin at one height.
        self._either = QStackedWidget()
        self._either.addWidget(self.title)
        self._either.addWidget(self.series)
        self._either.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row.addWidget(self._either, 1)
        self.show_title("")

    def show_title(self, title: str | Title) -> None:
        """Head the pane with a text."""
        self._either.setCurrentWidget(self.title)
        self.title.show_title(title if isinstance(title, Title) else Title(defuse(title)))

    def show_choice(self, titles: Sequence[Title], chosen: int | None) -> None:
        """Head the pane with a list to choose from; the user's choice is an index of `titles`."""
        self._either.setCurrentWidget(self.series)
        self.series.show_titles(titles, chosen)

    def _on_activated(self, number: int) -> None:
        if self.on_chosen is not None:
            self.on_chosen(number)


class _TitleLabel(QLabel):
    """A title, as much of it as the label has room for."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._title = Title("")

    def show_title(self, title: Title) -> None:
        self._title = title
        self.setToolTip(title.full)
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the title to the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setText(self._title.fitted(self.fontMetrics(), self.width()))


class _SeriesBox(QComboBox):
    """A list of series; closed, it shows as much of the chosen one's title as it has room for."""

    def __init__(self) -> None:
        super().__init__()
        self._titles: tuple[Title, ...] = ()
        policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.setSizeAdjustPolicy(policy)
        self.setMinimumContentsLength(6)

    def show_titles(self, titles: Sequence[Title], chosen: int | None) -> None:
        if chosen is None:
            self.setPlaceholderText(_NONE)
        if tuple(titles) != self._titles:
            self._titles = tuple(titles)
            self.clear()
            self.addItems([title.full for title in titles])
            view = self.view()
            if view is not None:
                # The list may be wider than the pane: titles differ at their ends.
                view.setMinimumWidth(view.sizeHintForColumn(0))
        self.setCurrentIndex(-1 if chosen is None else chosen)
        self.setToolTip(_TIP if chosen is None else f"{titles[chosen].full}\n{_TIP}")

    @property
    def shown_text(self) -> str:
        """What the closed box shows of the title that is chosen."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        number = self.currentIndex()
        if not 0 <= number < len(self._titles):
            return self.fontMetrics().elidedText(
                self.placeholderText(), Qt.TextElideMode.ElideRight, self._room(option)
            )
        return self._titles[number].fitted(self.fontMetrics(), self._room(option))

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the box as Qt does, with a text that ends where there is no more room."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown_text
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _room(self, option: QStyleOptionComboBox) -> int:
        """Return the pixels beside the arrow."""
        style = self.style()
        if style is None:
            return self.width()
        field = style.subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        # The style draws the label a pixel from either end of the field.
        return field.width() - 2
