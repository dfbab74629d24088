"""From an object to its layers, by its kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from napari.layers import Layer

from napari_medscan.dicom import (
    CancelledError,
    DicomObject,
    MedscanError,
    PresentationState,
    Segmentation,
    Slide,
    SlideSegmentation,
    Stack,
    StructureSet,
)
from napari_medscan.dicom.objects.overlay import Overlay
from napari_medscan.dicom.objects.shutter import Shutter
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.plane_layers import plane_layer
from napari_medscan.napari_.objects.segmentation_layers import (
    segmentation_layers,
    slide_segmentation_layers,
)
from napari_medscan.napari_.objects.slide_layers import slide_layers
from napari_medscan.napari_.objects.state_layers import state_layers
from napari_medscan.napari_.objects.structure_layers import structure_layers


def object_layers(objects: Iterable[DicomObject], stacks: Sequence[Stack]) -> list[Layer]:
    """Return the layers of some objects, from the bottom to the top.

    An object that cannot be read is told of, and has none.

    Parameters
    ----------
    objects : iterable of DicomObject
        What to show.
    stacks : sequence of Stack
        Series that are known, of this drop and of those before.
    """
    layers: list[Layer] = []
    for each in objects:
        try:
            if isinstance(each, Segmentation):
                layers += segmentation_layers(each, stacks)
            elif isinstance(each, StructureSet):
                layers += structure_layers(each, stacks)
            elif isinstance(each, PresentationState):
                layers += state_layers(each, stacks)
            elif isinstance(each, Overlay | Shutter):
                layers.append(plane_layer(each))
            elif isinstance(each, Slide):
                layers += slide_layers(each)
            elif isinstance(each, SlideSegmentation):
                layers += slide_segmentation_layers(each)
        except CancelledError:
            break
        except MedscanError as error:
            tell(f"{each.name} cannot be shown: {error}.")
        except OSError:
            tell(f"{each.name} cannot be read. Is its disc or folder still there?")
    # napari activates the layer that is added last, and lists it on top.
    return sorted(layers, key=lambda layer: bool(layer.visible))
