"""The rows of a data set as a lazy Qt item model, and how they are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qtpy.QtCore import QAbstractItemModel, QModelIndex, QObject, QSize, Qt
from qtpy.QtGui import QFont, QFontDatabase, QPainter, QPalette
from qtpy.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.tags.search import Found
from napari_medscan.dicom.tags.tree import TagTree

SECOND_LINE = int(Qt.ItemDataRole.UserRole)
"""Role of what is written below a name."""
RANGE = 500
"""More rows than this at one level are shown in ranges: Qt lays out all rows of a level at once."""

_LONGEST_SHOWN = 400
_PARTED_BY = " \\", "/,;:", "."
"""What stands between parts of a value; the first that is there counts."""
_ROLE = Qt.ItemDataRole


class Node:
    """One row of the view: an element, an item, a range of them, or the frame on screen."""

    __slots__ = ("children", "parent", "position", "row", "rows", "title")

    def __init__(
        self, parent: Node | None, row: int = -1, title: str = "", rows: list[int] | None = None
    ) -> None:
        self.parent, self.row, self.title, self.rows = parent, row, title, rows or []
        self.position = 0
        self.children: list[Node] | None = None


class TagModel(QAbstractItemModel):
    """A tree over :class:`TagTree`; nodes come into being when they are looked at."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tree = TagTree()
        self.found: Found | None = None
        self.shown = False
        self._frame: int | None = None
        self._root = Node(None)
        self._previous = self._root
        self.titles = ("Name", "Value", "")

    def show(self, tree: TagTree, frame: int | None, found: Found | None) -> bool:
        """Show other rows; return False when that has folded the tree.

        It stays as it is for the next file of a series, which has the same attributes.
        """
        old = self.tree
        same = (
            found is None
            and self.found is None
            and frame == self._frame
            and old.depths == tree.depths
            and old.label == tree.label
            and old.labels == tree.labels
            and (old.others is None) == (tree.others is None)
        )
        if same:
            self.tree = tree
            self.refresh()
            return True
        self.beginResetModel()
        self.tree, self.found, self._frame = tree, found, frame
        # Qt may still ask about the nodes of before while it resets.
        self._previous, self._root = self._root, Node(None)
        self.endResetModel()
        return False

    def refresh(self) -> None:
        """Say that all texts may have changed."""
        last = self.index(self.rowCount() - 1, self.columnCount() - 1)
        self.dataChanged.emit(self.index(0, 0), last)

    def node(self, index: QModelIndex) -> Node:
        """Return what an index stands for."""
        found = index.internalPointer() if index.isValid() else self._root
        return found if isinstance(found, Node) else self._root

    def children_of(self, node: Node) -> list[Node]:
        """Return what is below a node, made when it is first asked for."""
        if node.children is None:
            node.children = list(self._make_children(node))
            for position, child in enumerate(node.children):
                child.position = position
        return node.children

    def _make_children(self, node: Node) -> Iterator[Node]:
        if node is self._root and self._frame is not None:
            items = self.tree.frame(self._frame)
            rows = self._kept([row for item in items for row in self.tree.children(item)])
            if rows:
                yield Node(node, title=f"This frame ({self._frame + 1:,})", rows=rows)
        if node.title:
            rows = node.rows
        else:
            rows = self._kept(list(self.tree.children(node.row)))
            if len(rows) > RANGE:
                for start in range(0, len(rows), RANGE):
                    part = rows[start : start + RANGE]
                    yield Node(node, title=self._span(part), rows=part)
                return
        for row in rows:
            yield Node(node, row)

    def _kept(self, rows: list[int]) -> list[int]:
        if self.found is None:
            return rows
        visible = self.found.visible
        return [row for row in rows if visible[row]]

    def _span(self, rows: list[int]) -> str:
        first, last = rows[0], rows[-1]
        if self.tree.is_item(first):
            return f"{self.tree.name(first)} – {self.tree.lengths[last] + 1:,}"
        return f"{self.tree.what(first).tag_text} – {self.tree.what(last).tag_text}"

    # Qt's interface.

    def index(self, row: int, column: int, parent: QModelIndex = QModelIndex()) -> QModelIndex:  # noqa: B008, D102
        children = self.children_of(self.node(parent))
        if not 0 <= row < len(children):
            return QModelIndex()
        return self.createIndex(row, column, children[row])

    def parent(self, index: QModelIndex) -> QModelIndex:  # type: ignore[override]  # noqa: D102
        above = self.node(index).parent
        if above is None or above is self._root:
            return QModelIndex()
        return self.createIndex(above.position, 0, above)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, D102, N802
        return 0 if parent.column() > 0 else len(self.children_of(self.node(parent)))

    def columnCount(self, _parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, D102, N802
        return 2 if self.tree.others is None else 3

    def hasChildren(self, parent: QModelIndex = QModelIndex()) -> bool:  # noqa: B008, D102, N802
        node = self.node(parent)
        return node.row < 0 or self.tree.has_children(node.row)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: ANN401, D102, N802
        if orientation == Qt.Orientation.Horizontal and role == _ROLE.DisplayRole:
            return self.titles[section]
        return None

    def data(self, index: QModelIndex, role: int = 0) -> Any:  # noqa: ANN401, D102
        node = self.node(index)
        column = index.column()
        if role == _ROLE.DisplayRole:
            return self._text(node, column)
        if role == SECOND_LINE and column == 0:
            return self._below(node)
        if role == _ROLE.ToolTipRole:
            return self._hint(node, column)
        if role == _ROLE.AccessibleTextRole:
            return f"{self._text(node, column)} {self._below(node) if column == 0 else ''}".strip()
        if role == _ROLE.FontRole and self._differs(node):
            font = QFont()
            font.setBold(True)
            return font
        return None

    def _text(self, node: Node, column: int) -> str:
        if node.row < 0:
            return f"{len(node.rows):,} rows" if column == 1 else node.title if not column else ""
        tree, row = self.tree, node.row
        if column == 0:
            mark = "≠ " if self._differs(node) else ""
            return mark + defuse(tree.name(row))
        other = column == 2
        values = tree.others if other and tree.others is not None else tree.values
        if values[row] is None:
            return "(not present)"
        text = defuse(tree.text(row, shown=self.shown, other=other)[:_LONGEST_SHOWN])
        meaning = tree.meaning(row)
        if not meaning or other:
            return text
        return f"{meaning} · {text}" if text else meaning

    def _below(self, node: Node) -> str:
        if node.row < 0:
            return ""
        label = self.tree.what(node.row)
        parts = (label.tag_text, label.vr, label.creator)
        return defuse("  ".join(part for part in parts if part))

    def _hint(self, node: Node, column: int) -> str:
        if node.row < 0:
            return ""
        if column == 0:
            return f"{defuse(self.tree.name(node.row))}\n{self._below(node)}"
        return defuse(self.tree.text(node.row, shown=self.shown, other=column == 2))

    def _differs(self, node: Node) -> bool:
        return node.row >= 0 and bool(self.tree.differs) and bool(self.tree.differs[node.row])


class TwoLines(QStyledItemDelegate):
    """Draws a name above its tag, and a value on two lines: a narrow panel has no more width."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:  # noqa: N802
        """Return a height for two lines."""
        return QSize(60, 2 * option.fontMetrics.lineSpacing() + 6)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """Draw one cell; text is never taken for anything but text."""
        self.initStyleOption(option, index)
        text, option.text = option.text or "", ""
        style = option.widget.style()
        if painter is None or style is None:
            return
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        area = option.rect.adjusted(3, 2, -3, -2)
        metrics = option.fontMetrics
        painter.save()
        painter.setFont(option.font)
        color = option.palette.color(QPalette.ColorRole.Text)
        painter.setPen(color)
        second = index.data(SECOND_LINE)
        left = Qt.AlignmentFlag.AlignLeft
        if second is None:
            first, rest = broken(text, metrics, area.width())
            middle = Qt.AlignmentFlag.AlignTop if rest else Qt.AlignmentFlag.AlignVCenter
            rest = metrics.elidedText(rest, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, left | middle, first)
            painter.drawText(area, left | Qt.AlignmentFlag.AlignBottom, rest)
        else:
            where = Qt.AlignmentFlag.AlignTop if second else Qt.AlignmentFlag.AlignVCenter
            name = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, left | where, name)
            fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
            fixed.setPointSizeF(max(6.0, option.font.pointSizeF() - 1))
            painter.setFont(fixed)
            color.setAlpha(180)
            painter.setPen(color)
            small = painter.fontMetrics()
            second = small.elidedText(second, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, left | Qt.AlignmentFlag.AlignBottom, second)
        painter.restore()


def broken(text: str, metrics: Any, width: int) -> tuple[str, str]:  # noqa: ANN401 - Qt's
    """Break a text where the first line is full, if possible behind a blank or between parts."""
    if metrics.horizontalAdvance(text) <= width:
        return text, ""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if metrics.horizontalAdvance(text[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    ends = (max(text.rfind(part, low // 2, low) for part in parts) for parts in _PARTED_BY)
    behind = next((end for end in ends if end >= 0), -1)
    at = low if behind < 0 or text[low] == " " else behind + 1
    return text[:at].rstrip(), text[at:].lstrip()
