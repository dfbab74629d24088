"""The tree of tags, which stays unfolded as it was while the slider moves."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QModelIndex, Qt
from qtpy.QtWidgets import QHeaderView, QTreeView

from napari_medscan.widgets.panel.tag_model import TagModel, TwoLines

_UNFOLDED_ROWS = 600
"""Most rows unfolded by us: to unfold very many would block the window."""

Unfolded = dict[str, Any]
"""Names of unfolded nodes, each with those below it."""


class TagView(QTreeView):
    """A view of a tag model.

    Parameters
    ----------
    model : TagModel
        What it shows.
    """

    def __init__(self, model: TagModel) -> None:
        super().__init__()
        self._tags = model
        self.setModel(model)
        self.setItemDelegate(TwoLines(self))
        self.setUniformRowHeights(True)
        self.setIndentation(12)
        self.setAlternatingRowColors(False)
        self.setMinimumHeight(160)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.header()
        if header is not None:
            header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
            header.setDefaultSectionSize(156)
            header.setStretchLastSection(True)

    @property
    def row(self) -> int:
        """Row of the tree that the current index stands for, -1 when there is none."""
        index = self.currentIndex()
        return self._tags.node(index).row if index.isValid() else -1

    @property
    def scrolled(self) -> int:
        """How far it is scrolled down."""
        bar = self.verticalScrollBar()
        return 0 if bar is None else bar.value()

    @scrolled.setter
    def scrolled(self, value: int) -> None:
        # The range of the bar follows the rows only when they have been laid out.
        self.executeDelayedItemsLayout()
        if (bar := self.verticalScrollBar()) is not None:
            bar.setValue(value)

    def unfolded(self) -> Unfolded:
        """Return which nodes are unfolded."""
        return self._unfolded(QModelIndex())

    def unfold(self, names: Unfolded) -> None:
        """Unfold what was unfolded before."""
        self._unfold(QModelIndex(), names, _UNFOLDED_ROWS)

    def unfold_matches(self) -> None:
        """Unfold what leads to the first matches."""
        level, left = [QModelIndex()], _UNFOLDED_ROWS
        while level and left > 0:
            below = []
            for parent in level:
                for row in range(min(self._tags.rowCount(parent), left)):
                    index = self._tags.index(row, 0, parent)
                    if left > 0 and self._tags.hasChildren(index):
                        self.setExpanded(index, True)
                        below.append(index)
                        left -= self._tags.rowCount(index)
            level = below

    def _unfolded(self, parent: QModelIndex) -> Unfolded:
        found = {}
        for child in self._tags.node(parent).children or ():
            index = self._tags.createIndex(child.position, 0, child)
            if self.isExpanded(index):
                found[self._name(index)] = self._unfolded(index)
        return found

    def _unfold(self, parent: QModelIndex, names: Unfolded, left: int) -> int:
        if not names:
            return left
        for row in range(self._tags.rowCount(parent)):
            index = self._tags.index(row, 0, parent)
            below = names.get(self._name(index))
            if below is not None and left > 0:
                self.setExpanded(index, True)
                left = self._unfold(index, below, left - self._tags.rowCount(index))
        return left

    def _name(self, index: QModelIndex) -> str:
        node, tree = self._tags.node(index), self._tags.tree
        if node.row < 0:
            return node.title.partition(" (")[0]
        return f"{tree.what(node.row).tag_text}{tree.name(node.row)}"
