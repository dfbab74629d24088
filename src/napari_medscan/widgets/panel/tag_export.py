"""The button that writes the rows of the tree of tags to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from magicgui.widgets import PushButton

from napari_medscan.dicom import CancelledError
from napari_medscan.dicom.tags.export import export
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.file_traces import ask_where_to_save
from napari_medscan.napari_.notify import tell
from napari_medscan.widgets.panel.tag_model import TagModel

_EXPORT, _CANCEL = "Export…", "Cancel export"
_KINDS = "CSV (*.csv);;JSON (*.json)"


class ExportButton(PushButton):
    """Asks for a file and writes it off the GUI thread; pressed again, it cancels.

    Parameters
    ----------
    model : TagModel
        The rows that its filters leave are written, masked as it shows them.
    """

    def __init__(self, model: TagModel) -> None:
        super().__init__(
            name="export",
            text=_EXPORT,
            tooltip="Export the listed tags as CSV or JSON (masked values stay masked)",
        )
        self._model = model
        self._writes = Latest(self.native)
        self.changed.connect(guarded(self._on_click))

    @property
    def is_writing(self) -> bool:
        """Whether a file is being written."""
        return self.text == _CANCEL

    def write(self, path: Path) -> None:
        """Write the rows that the filters leave to a file."""
        tree, found, shown = self._model.tree, self._model.found, self._model.shown
        rows = range(len(tree)) if found is None else found.matches

        def task(stale: Callable[[], bool]) -> None:
            def left() -> Iterator[int]:
                for row in rows:
                    if stale():
                        raise CancelledError("canceled")
                    yield row

            export(path, tree, left(), shown=shown)

        self.text = _CANCEL
        self._writes.start(
            task,
            lambda _: self._end("The tags were exported."),
            lambda _: self._end("The tags could not be written there."),
        )

    def release(self) -> None:
        """Stop writing."""
        self._writes.release()

    def _end(self, message: str) -> None:
        self.text = _EXPORT
        tell(message)

    def _on_click(self) -> None:
        if self.is_writing:
            self._writes.cancel()
            self.text = _EXPORT
            return
        if not len(self._model.tree):
            tell("The tags are still being read. Export them in a moment.")
            return
        path = ask_where_to_save(self.native, "Export tags", "tags.csv", _KINDS)
        if path is not None:
            self.write(path)
