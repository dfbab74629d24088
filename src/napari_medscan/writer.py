"""The npe2 writers; wiring only."""

from __future__ import annotations

from typing import Any


def on_activate(_context: object) -> None:
    """Prefer our writers to those of other plugins for the layers that are ours."""
    from napari_medscan.napari_.compat.npe2_writers import prefer_our_writers

    prefer_our_writers()


def write_image(path: str, data: object, attributes: dict[str, Any]) -> list[str]:
    """Save the series of an image layer as TIFF, NIfTI or NRRD, by the ending of the name."""
    from napari_medscan.napari_.export_layers import save_image_data

    return save_image_data(path, data, attributes)


def write_labels(path: str, data: object, attributes: dict[str, Any]) -> list[str]:
    """Save labels as TIFF, NIfTI or NRRD, on the grid of the series that they lie on."""
    from napari_medscan.napari_.export_layers import save_labels_data

    return save_labels_data(path, data, attributes)


def write_segmentation(path: str, layer_data: list[tuple[Any, dict[str, Any], str]]) -> list[str]:
    """Save Labels layers of one series as a DICOM segmentation."""
    from napari_medscan.napari_.objects.labels_saving import save_labels_data

    return save_labels_data(path, layer_data)
