"""Sample studies for napari's File > Open Sample menu, made on this computer.

The phantoms are written as DICOM files into the user's cache folder once, and
opened like any other study.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_medscan import __version__, phantoms

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.utils.events import Event

LayerTuples = list[tuple[Any, dict[str, Any], str]]


def ct_chest() -> LayerTuples:
    """Open the CT chest phantom."""
    return _layers(study_folder("ct-chest", phantoms.write_ct_chest))


def mr_brain_oblique() -> LayerTuples:
    """Open the oblique MR brain phantom."""
    return _layers(study_folder("mr-brain-oblique", phantoms.write_mr_brain_oblique))


def pet_ct() -> LayerTuples:
    """Open the PET/CT pair."""
    return _layers(study_folder("pet-ct", phantoms.write_pet_ct))


def us_heart() -> LayerTuples:
    """Open the echocardiogram phantom."""
    return _layers(study_folder("us-heart", phantoms.write_us_heart))


def study_folder(name: str, write: Callable[[Path], None]) -> Path:
    """Return the folder of a phantom study, writing it the first time.

    Parameters
    ----------
    name : str
        Name of the folder.
    write : callable
        Writes the study's files into the folder it is given.
    """
    from platformdirs import user_cache_path

    folder = user_cache_path("napari-medscan") / "phantoms" / __version__ / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and renamed: an interrupted run leaves no half study.
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / name
        made.mkdir()
        write(made)
        try:
            made.rename(folder)
        except OSError:
            # Another napari was quicker; its study is the same.
            shutil.rmtree(made, ignore_errors=True)
    return folder


def _layers(folder: Path) -> LayerTuples:
    from napari_medscan.dicom import load
    from napari_medscan.napari_.layers import image_layers

    layers = image_layers(load(folder).stacks)
    _prepare_viewer(layers)
    # napari does not annotate it.
    return [layer.as_layer_data_tuple() for layer in layers]  # type: ignore[no-untyped-call]


def _prepare_viewer(layers: list[Image]) -> None:
    """Give the layers that napari is about to add the contrast ranges of these.

    They are brought into view like any other series. napari takes samples as data and options, not
    as layers, and there is no option for the range.
    """
    import napari

    from napari_medscan.napari_.openings import follow_openings
    from napari_medscan.napari_.viewer_tools import tools_of
    from napari_medscan.napari_.world_units import share_units

    viewer = napari.current_viewer()
    if viewer is None:
        return
    follow_openings(viewer)
    tools_of(viewer)
    share_units(viewer)
    ranges = {id(layer.data): layer.contrast_limits_range for layer in layers if not layer.rgb}

    def on_inserted(event: Event) -> None:
        wanted = ranges.pop(id(event.value.data), None)
        if wanted is not None:
            event.value.contrast_limits_range = wanted
        if not ranges:
            viewer.layers.events.inserted.disconnect(on_inserted)

    viewer.layers.events.inserted.connect(on_inserted)
