"""A list of models: those that take images first, the others grayed, with the reason."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QListWidget, QListWidgetItem

from napari_medscan.assistant.models import sorted_models
from napari_medscan.assistant.providers import Provider

_HEIGHT = 120
_WHAT = Qt.ItemDataRole.UserRole


class ModelList(QListWidget):
    """Models of one service or of several; hidden while it is empty.

    Attributes
    ----------
    chosen : Signal
        Emitted with the service and the model's name when one is clicked.
    """

    chosen = Signal(object, str)

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(_HEIGHT)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.itemClicked.connect(self._on_clicked)
        self.itemActivated.connect(self._on_clicked)
        self.hide()

    @property
    def usable(self) -> int:
        """How many of the models can be chosen."""
        items = (self.item(number) for number in range(self.count()))
        return sum(item is not None and bool(item.flags()) for item in items)

    def clear(self) -> None:
        """Show no models."""
        super().clear()
        self.hide()

    def add_models(self, service: Provider, names: tuple[str, ...], suffix: str = "") -> None:
        """Add models of a service, the ones that take images above those that do not."""
        place = self.usable
        for name, reason in sorted_models(names):
            item = QListWidgetItem(f"{name}{suffix} ({reason})" if reason else f"{name}{suffix}")
            item.setToolTip(item.text())
            item.setData(_WHAT, (service, name))
            if reason:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
                self.addItem(item)
            else:
                self.insertItem(place, item)
                place += 1
        self.setVisible(self.count() > 0)

    def _on_clicked(self, item: QListWidgetItem) -> None:
        # A model that takes no images can still be entered by its name.
        if item.flags():
            self.chosen.emit(*item.data(_WHAT))
