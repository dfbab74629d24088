"""Which files make up a slide: the levels of its pyramid, and the images beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.tile_places import read_places
from napari_medscan.dicom.objects.slide import Slide, is_color
from napari_medscan.dicom.objects.tile_pyramid import Levels, matrix_of

_SIZE_TOLERANCE = 0.01
"""Part by which the extents of a level may differ from those of the largest, scaled."""

_Image = tuple[ImageHeader, ...]
"""One image: a file, or the files of a concatenation."""


def slides_of(headers: Iterable[ImageHeader]) -> list[Slide]:
    """Return the slides among the files of a drop."""
    return [Slide(levels) for levels in pyramids_of(headers)]


def pyramids_of(headers: Iterable[ImageHeader]) -> Iterator[Levels]:
    """Yield the pyramids that files with a `matrix` make up; others are ignored.

    Files of one series are levels of one pyramid if they show the same area. Overview and label
    images, and files that show the same at the same size, are pyramids of their own.
    """
    images: dict[tuple[bytes, str], list[ImageHeader]] = defaultdict(list)
    for header in headers:
        if header.matrix is not None:
            images[header.patient, header.object_name].append(header)
    groups: dict[Hashable, list[_Image]] = defaultdict(list)
    for same in images.values():
        image = tuple(sorted(same, key=lambda header: matrix_of(header).first))
        groups[_key(image)].append(image)
    for group in groups.values():
        yield from _pyramids(group)


def _key(image: _Image) -> Hashable:
    """Return what the levels of one pyramid have in common."""
    header, matrix = image[0], matrix_of(image[0])
    flavor = matrix.flavor if matrix.flavor in ("OVERVIEW", "LABEL") else ""
    return (
        header.patient,
        header.series or header.folder,
        header.frame_of_reference,
        matrix.pyramid,
        flavor,
        # Each of these is one image.
        header.object_name if flavor else "",
        is_color(header),
        header.layout.bits_allocated,
        header.is_inverted,
    )


def _pyramids(images: Sequence[_Image]) -> Iterator[Levels]:
    """Yield the pyramids that some images make, the largest first."""
    left = sorted(images, key=_size_and_order)
    while left:
        base = matrix_of(left[0][0])
        levels: dict[tuple[int, int], list[_Image]] = {}
        others = []
        for image in left:
            matrix = matrix_of(image[0])
            level = levels.setdefault((matrix.rows, matrix.columns), [])
            if _fits(image, (base.rows, base.columns)) and _is_new(image, level):
                level.append(image)
            else:
                others.append(image)
        yield tuple(
            tuple(h for image in level for h in image) for level in levels.values() if level
        )
        left = others


def _size_and_order(image: _Image) -> tuple[int, int, str]:
    matrix = matrix_of(image[0])
    return -matrix.rows * matrix.columns, image[0].instance_number or 0, image[0].name


def _fits(image: _Image, base: tuple[int, int]) -> bool:
    """Whether an image shows the whole of a larger one, by its shape."""
    matrix = matrix_of(image[0])
    rows, columns = base[0] / matrix.rows, base[1] / matrix.columns
    # Extents are rounded to whole pixels.
    slack = 1.5 * rows / base[0] * rows + 1.5 * columns / base[1] * columns
    return abs(rows - columns) <= slack + _SIZE_TOLERANCE * rows


def _is_new(image: _Image, level: Sequence[_Image]) -> bool:
    """Whether no other image of a level has the same optical path and focal plane."""
    if not level:
        return True
    if image[0].layout.decoded_shape != level[0][0].layout.decoded_shape:
        return False
    mine = _paths(image)
    rivals = [other for other in level if mine & _paths(other)]
    if not rivals:
        return True
    try:
        heights = _heights(image)
        return all(heights.isdisjoint(_heights(other)) for other in rivals)
    except (MedscanError, OSError):
        return False


def _paths(image: _Image) -> set[str]:
    return {path.identifier for header in image for path in matrix_of(header).paths}


def _heights(image: _Image) -> set[float]:
    return {height for header in image for height in read_places(header).planes.tolist()}
