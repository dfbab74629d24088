"""The npe2 writers; wiring only.

The ending of a name that somebody types counts, not the type that napari's dialog stands on.
"""

from __future__ import annotations

from typing import Any

_SEGMENTATION = ".dcm"


def on_activate(_context: object) -> None:
    """Prefer our writers to those of other plugins for the layers that are ours."""
    from napari_medscan.napari_.compat.npe2_writers import prefer_our_writers

    prefer_our_writers()


def write_image(path: str, data: object, attributes: dict[str, Any]) -> list[str]:
    """Save the series of an image layer as TIFF, NIfTI or NRRD, by the ending of the name."""
    from napari_medscan.napari_.export_layers import save_image_data

    return save_image_data(path, data, attributes)


def write_labels(path: str, data: object, attributes: dict[str, Any]) -> list[str]:
    """Save labels in the format that the name ends in, on the grid of the series they lie on."""
    if path.lower().endswith(_SEGMENTATION):
        return write_segmentation(path, [(data, attributes, "labels")])
    from napari_medscan.napari_.export_layers import save_labels_data

    return save_labels_data(path, data, attributes)


def write_segmentation(path: str, layer_data: list[tuple[Any, dict[str, Any], str]]) -> list[str]:
    """Save Labels layers of one series as a DICOM segmentation; one layer by the name's ending."""
    if not path.lower().endswith(_SEGMENTATION):
        from napari_medscan.export import ExportError

        if len(layer_data) > 1:
            raise ExportError("Several layers are saved in one file with the ending .dcm only")
        ((data, attributes, _),) = layer_data
        return write_labels(path, data, attributes)
    from napari_medscan.napari_.objects.labels_saving import save_labels_data

    return save_labels_data(path, layer_data)
