"""Saving what is displayed of a series as a movie, a scroll or a cine loop, without metadata."""

from __future__ import annotations

import importlib.util

import napari.viewer
from magicgui.widgets import FloatSpinBox
from qtpy.QtWidgets import QWidget

from napari_medscan.dicom import CancelledError
from napari_medscan.export.movie import write_movie
from napari_medscan.napari_.active_viewer import active_viewer
from napari_medscan.napari_.canvas_looks import canvas_looks, is_more_visible
from napari_medscan.napari_.canvas_placement import NoImageInViewError
from napari_medscan.napari_.cine import cine_rate
from napari_medscan.napari_.file_traces import ask_where_to_save
from napari_medscan.napari_.gui import main_window
from napari_medscan.napari_.image_in_view import look, series_looks, sliders
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.progress import run_with_progress
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.privacy.gate import SESSION, Gate
from napari_medscan.render.prepare import Look
from napari_medscan.widgets.image.review_window import ALL, CURRENT, LAYERS_HINT, ReviewWindow
from napari_medscan.widgets.panel.form import Choice, choice, form, number

_EVERY = 1 << 20
"""More images than a series has."""
_FASTEST = 50.0
_TITLE = "Save movie without metadata"
_NOTE = (
    "The movie contains the pixels shown here as they are displayed, and no DICOM metadata, corner "
    "text or patient name. It is not de-identified: whatever is visible stays."
)
TIME, SLICES = "Time points", "Slices"


class MovieWindow(ReviewWindow):
    """Shows the images of a movie, and saves it.

    Parameters
    ----------
    ways : dict of (str, str) to list of Look
        By what is played and what is shown, the images in order; the first is chosen.
    rate : float
        Images a second at first.
    parent, gate
        As of `ReviewWindow`.
    """

    def __init__(
        self,
        ways: dict[tuple[str, str], list[Look]],
        rate: float,
        parent: QWidget | None,
        gate: Gate = SESSION,
    ) -> None:
        self._ways = ways
        played, shown = (list(dict.fromkeys(each)) for each in zip(*ways, strict=True))
        self.way = choice("way", "Axis along which the movie runs", played, self._on_way)
        self.layers = choice("layers", LAYERS_HINT, shown, self._on_way)
        kinds = ["MP4", "GIF"] if importlib.util.find_spec("av") else ["GIF"]
        self.kind = Choice(name="kind", choices=kinds, tooltip="MP4 needs the extra [video]")
        self.rate: FloatSpinBox = number(
            "rate",
            "Images per second",
            limits=(1, _FASTEST),
            value=min(max(rate, 1), _FASTEST),
        )
        choices = [("Play", self.way, played), ("Show", self.layers, shown)]
        lines = [(label, box) for label, box, names in choices if len(names) > 1]
        fields = (("Format", self.kind), ("Images per second", self.rate))
        options = [form(*lines, *fields)]
        super().__init__(_TITLE, _NOTE, next(iter(ways.values())), options, parent, gate)

    def save(self) -> None:
        """Ask for a file and write the movie."""
        suffix = f".{str(self.kind.value).lower()}"
        name = self.images[0].name.rpartition(".")[0] + suffix
        path = ask_where_to_save(self, "Save movie", name, f"*{suffix}", (suffix,))
        if path is None:
            return
        images, rate, gate = self.images, float(self.rate.value), self.gate
        run_with_progress(
            lambda progress: write_movie(path, images, rate, progress, gate=gate, overwrite=True),
            "Saving movie…",
            "images",
        )
        tell("Movie saved.")

    def _on_way(self, _chosen: str) -> None:
        self.looks = tuple(self._ways[self.way.value, self.layers.value])
        self.review.begin(self.looks[0].subject)
        self.examine()


def save_movie_without_metadata(viewer: napari.viewer.Viewer) -> None:
    """Show a scroll or cine loop of the current series as it would be saved, and save it."""
    viewer = active_viewer(unwrapped(viewer))
    try:
        stack = look(viewer, blended=False).layers[0].stack
        axes = sliders(viewer)
        # Time first, as cine plays it.
        letters = sorted(axes, key=lambda letter: letter != "t")
        ways = {}
        has_more = is_more_visible(viewer)
        for letter in letters[:2]:
            played = TIME if letter == "t" else SLICES
            if has_more:
                ways[played, ALL] = canvas_looks(viewer, axes[letter])
            ways[played, CURRENT] = series_looks(viewer, _EVERY, axes[letter])
    except (NoImageInViewError, CancelledError) as error:
        tell(str(error))
        return
    if not ways:
        tell("This series has one image only.")
        return
    MovieWindow(ways, cine_rate(stack), main_window()).show()
