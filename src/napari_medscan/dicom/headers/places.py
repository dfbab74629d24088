"""Where the frames of one file lie, when Image Position (Patient) of each does not say.

Vectors of classic multi-frame images (PS3.3 C.7.6.6, C.8.4.8, C.8.8.3.2), the detectors of nuclear
medicine (C.8.4.11), and the functional groups of ultrasound volumes (C.8.24.6), of tomography of
the eye (C.8.17.10) and of vessels (C.8.27).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want
from napari_medscan.dicom.kinds import Kind
from napari_medscan.dicom.space.locations import (
    FARTHEST,
    Location,
    LocationSource,
    direction,
    line_locations,
    location_of,
)
from napari_medscan.dicom.space.tolerances import ON_A_LINE
from napari_medscan.dicom.space.vectors import (
    Vector,
    cross,
    dot,
    moved,
    norm,
    normal_of,
    split_orientation,
)

_ORTHONORMAL = 0.01
_UPRIGHT = 1e-4
_FRAME_VECTORS = (
    Tag.EnergyWindowVector,
    Tag.DetectorVector,
    Tag.PhaseVector,
    Tag.RotationVector,
    Tag.RRIntervalVector,
    Tag.TimeSlotVector,
    Tag.AngularViewVector,
    Tag.TimeSliceVector,
)
"""What may number repeats at one position (PS3.3 C.8.4.8)."""
_SLICE_POINTERS = {
    Tag.SliceVector,
    Tag.SliceLocation,
    Tag.SliceLocationVector,
    Tag.SpacingBetweenSlices,
    Tag.GridFrameOffsetVector,
}
_CLOCKS = (Tag.FrameTime, Tag.FrameTimeVector, Tag.CineRate, Tag.RecommendedDisplayFrameRate)
WANTED_PLACE = want(Tag.ImagePositionPatient, Tag.ImageOrientationPatient)
WANTED_PLACES: Wanted = want(
    WANTED_PLACE,
    Tag.SliceLocation,
    Tag.SliceLocationVector,
    Tag.PageNumberVector,
    Tag.GridFrameOffsetVector,
    Tag.SliceVector,
    Tag.FrameIncrementPointer,
    Tag.TotalPixelMatrixColumns,
    *_FRAME_VECTORS,
    *_CLOCKS,
    {Tag.DetectorInformationSequence: WANTED_PLACE},
)
"""At the top level of a data set."""
WANTED_GROUP_PLACES: Wanted = {
    Tag.PlanePositionSequence: want(Tag.ImagePositionPatient),
    Tag.PlaneOrientationSequence: want(Tag.ImageOrientationPatient),
    Tag.FrameContentSequence: want(Tag.StackID, Tag.InStackPositionNumber),
    # PS3.3 C.8.24.6: ultrasound volumes.
    Tag.PlanePositionVolumeSequence: want(Tag.ImagePositionVolume),
    Tag.PlaneOrientationVolumeSequence: want(Tag.ImageOrientationVolume),
    # PS3.3 C.8.17.10 and C.8.27: tomography of the eye and of vessels.
    Tag.OphthalmicFrameLocationSequence: want(Tag.ReferenceCoordinates, Tag.DepthOfTransverseImage),
    Tag.IntravascularFrameContentSequence: want(Tag.IntravascularLongitudinalDistance),
}
"""In an item of the functional groups."""


class Place(NamedTuple):
    """Where one frame lies.

    Parameters
    ----------
    position, orientation : tuple of float or None
        In the patient, as in `FrameHeader`.
    location : Location or None
        Relative to the other frames, when the position is unknown.
    """

    position: Vector | None
    orientation: tuple[float, ...] | None
    location: Location | None = None


def valid_position(values: tuple[float, ...]) -> Vector | None:
    """Return Image Position (Patient) if it has three values that can be places."""
    if len(values) != 3:
        return None
    x, y, z = values
    # What is no number is not less than anything.
    is_near = -FARTHEST < x < FARTHEST and -FARTHEST < y < FARTHEST and -FARTHEST < z < FARTHEST
    return (x, y, z) if is_near else None


def valid_orientation(values: tuple[float, ...]) -> tuple[float, ...] | None:
    """Return Image Orientation (Patient) if its directions are orthonormal."""
    if len(values) != 6:
        return None
    row, column = split_orientation(values)
    if abs(norm(row) - 1) > _ORTHONORMAL or abs(norm(column) - 1) > _ORTHONORMAL:
        return None
    if abs(dot(row, column)) > _ORTHONORMAL or norm(cross(row, column)) < 0.5:
        return None
    return values


def vector_places(data_set: DataSet, whole: Place, frames: int) -> list[Place]:
    """Return the place of every frame of a multi-frame image without functional groups.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    whole : Place
        What its top level says.
    frames : int
        How many frames there are.
    """
    offsets = data_set.numbers(Tag.GridFrameOffsetVector)
    numbers = data_set.integers(Tag.SliceVector)
    locations = data_set.numbers(Tag.SliceLocationVector)
    places = _detector_places(data_set, whole, frames)
    if len(offsets) >= frames:
        return [_dose_plane(places[0], offsets[0], offset) for offset in offsets[:frames]]
    if len(numbers) >= frames:
        step = next(iter(data_set.exactly(1, Tag.SpacingBetweenSlices)), None)
        pairs = zip(places, numbers, strict=False)
        return [_numbered_slice(place, number, step) for place, number in pairs]
    if len(locations) >= frames:
        return _located_slices(places, locations)
    return [Place(None, place.orientation) for place in places]


def _detector_places(data_set: DataSet, whole: Place, frames: int) -> list[Place]:
    """Return position and orientation that nuclear medicine keeps with each frame's detector.

    PS3.3 C.8.4.11; the Detector Vector numbers the items of the sequence from 1.
    """
    detectors = data_set.items(Tag.DetectorInformationSequence)
    if not detectors:
        return [whole] * frames
    own = [
        Place(
            whole.position or valid_position(item.exactly(3, Tag.ImagePositionPatient)),
            whole.orientation or valid_orientation(item.exactly(6, Tag.ImageOrientationPatient)),
        )
        for item in detectors
    ]
    numbers = data_set.integers(Tag.DetectorVector)[:frames]
    numbers += (1,) * (frames - len(numbers))
    return [own[number - 1] if 0 < number <= len(own) else own[0] for number in numbers]


def _dose_plane(place: Place, first: float, offset: float) -> Place:
    """Return where a plane of a dose lies (PS3.3 C.8.8.3.2).

    Offsets that start at 0 are relative to the first plane, those of axial planes that start at its
    z are patient coordinates. Where others would put a dose is not certain.
    """
    position, orientation = place.position, place.orientation
    if position is None or orientation is None:
        return Place(None, orientation)
    normal = normal_of(orientation)
    if first == 0:
        return Place(valid_position(moved(position, normal, offset)), orientation)
    if abs(normal[2]) < 1 - _UPRIGHT or abs(first - position[2]) > ON_A_LINE:
        return Place(None, orientation)
    return Place(valid_position((position[0], position[1], offset)), orientation)


def _numbered_slice(place: Place, number: int, step: float | None) -> Place:
    """Return where a slice lies of which the Slice Vector gives the number (PS3.3 C.8.4.8)."""
    position, orientation = place.position, place.orientation
    if position is None or orientation is None or not step:
        return Place(None, orientation, location_of(float(number), "slice number"))
    there = moved(position, normal_of(orientation), step * (number - 1.0))
    return Place(valid_position(there), orientation)


def _located_slices(places: Sequence[Place], distances: Sequence[float]) -> list[Place]:
    """Return where slices lie of which the Slice Location Vector gives the locations.

    Image Position (Patient) is that of the first frame.
    """
    source: LocationSource = "Slice Location Vector"
    found = []
    for place, distance in zip(places, distances, strict=False):
        position, orientation = place.position, place.orientation
        if position is None or orientation is None:
            found.append(Place(None, orientation, location_of(distance, source)))
        else:
            there = moved(position, direction(orientation, source), distance - distances[0])
            found.append(Place(valid_position(there), orientation))
    return found


def vector_dimensions(data_set: DataSet, frames: int) -> list[dict[str, object]]:
    """Return what the vectors of nuclear medicine number, for every frame (PS3.3 C.8.4.8).

    Vectors with one value throughout tell nothing apart and are left out.
    """
    found: list[dict[str, object]] = [{} for _ in range(frames)]
    for tag in _FRAME_VECTORS:
        values = data_set.integers(tag)[:frames]
        if len(values) == frames and len(set(values)) > 1:
            for dimensions, value in zip(found, values, strict=True):
                dimensions[tag.name] = value
    return found


def group_locations(
    data_set: DataSet, shared: DataSet, own: Sequence[DataSet]
) -> Sequence[Location | None]:
    """Return the location of every frame whose functional groups give no position in the patient.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    shared : DataSet
        Its shared functional groups.
    own : sequence of DataSet
        The functional groups of every frame.

    Returns
    -------
    sequence of Location or None
        All of one source; None for all of them when there is none.
    """
    vector = data_set.numbers(Tag.SliceLocationVector)[: len(own)]
    pullback = [
        item.item(Tag.IntravascularFrameContentSequence).number(
            Tag.IntravascularLongitudinalDistance
        )
        for item in own
    ]
    stacks = {item.item(Tag.FrameContentSequence).text(Tag.StackID) for item in own}
    numbers = [
        item.item(Tag.FrameContentSequence).number(Tag.InStackPositionNumber) for item in own
    ]
    sources: tuple[tuple[LocationSource, Sequence[float | None]], ...] = (
        ("ultrasound volume", _volume_distances(shared, own)),
        ("Slice Location Vector", vector),
        ("Intravascular Longitudinal Distance", pullback),
        ("slice number", _ophthalmic_numbers(own)),
        # Each stack counts from 1: the slices of several do not lie at one place.
        ("slice number", numbers if len(stacks) == 1 else ()),
    )
    for source, distances in sources:
        locations = [location_of(distance, source) for distance in distances]
        if len(locations) == len(own) and None not in locations:
            return locations
    return [None] * len(own)


def _volume_distances(shared: DataSet, own: Sequence[DataSet]) -> list[float | None]:
    """Return where the planes of an ultrasound volume lie along their common normal.

    PS3.3 C.8.24.6.1 and C.8.24.6.2. Planes that cross each other have no common normal. Where no
    orientation is given, along the line of their positions.
    """

    def orientation_in(item: DataSet) -> tuple[float, ...]:
        plane = item.item(Tag.PlaneOrientationVolumeSequence)
        return plane.exactly(6, Tag.ImageOrientationVolume)

    positions = [
        valid_position(
            item.item(Tag.PlanePositionVolumeSequence).exactly(3, Tag.ImagePositionVolume)
        )
        for item in own
    ]
    known = [position for position in positions if position is not None]
    common = orientation_in(shared)
    orientations = {orientation_in(item) or common for item in own}
    if orientations == {()} and 1 < len(known) == len(positions):
        return [location.distance for location in line_locations(known)]
    orientation = valid_orientation(orientations.pop())
    if orientation is None or orientations:
        return []
    normal = normal_of(orientation)
    return [None if position is None else dot(position, normal) for position in positions]


def _ophthalmic_numbers(own: Sequence[DataSet]) -> list[float | None]:
    """Return the rank of each scan of an eye on its reference image (PS3.3 C.8.17.10).

    Reference Coordinates are pixels of that image, where a scan begins and ends; transverse images
    cover the same ones and differ in depth. Either gives an order, and no distance.
    """
    frames = [item.item(Tag.OphthalmicFrameLocationSequence) for item in own]
    depths = [frame.number(Tag.DepthOfTransverseImage) for frame in frames]
    if None in depths:
        coordinates = [frame.numbers(Tag.ReferenceCoordinates) for frame in frames]
        if not all(len(values) == 4 for values in coordinates):
            return []
        first = coordinates[0]
        # Across the first scan, whichever way it runs: rows and columns are (down, right).
        down, right = first[2] - first[0], first[3] - first[1]
        depths = [
            round((values[0] + values[2]) * right - (values[1] + values[3]) * down, 3)
            for values in coordinates
        ]
    different = sorted({depth for depth in depths if depth is not None})
    ranks = {depth: rank for rank, depth in enumerate(different)}
    return [None if depth is None else float(ranks[depth]) for depth in depths]


def slice_spacing(data_set: DataSet) -> float | None:
    """Return |Spacing Between Slices| in mm, of the top level or shared by all frames."""
    value = _measure(data_set, Tag.SpacingBetweenSlices)
    return None if value is None else abs(value)


def slice_thickness(data_set: DataSet) -> float | None:
    """Return Slice Thickness in mm, of the top level or shared by all frames."""
    value = _measure(data_set, Tag.SliceThickness)
    return value if value is not None and value > 0 else None


def _measure(data_set: DataSet, tag: Tag) -> float | None:
    shared = data_set.item(Tag.SharedFunctionalGroupsSequence)
    for source in (data_set, shared.item(Tag.PixelMeasuresSequence)):
        values = source.exactly(1, tag)
        if values and 1e-6 < abs(values[0]) < 1e4:
            return values[0]
    return None


def frames_are_slices(data_set: DataSet, kind: Kind, frames: int) -> bool:
    """Whether frames without positions are slices of a volume.

    The Frame Increment Pointer says so (PS3.3 C.7.6.6, C.8.4.8), the kind is slices by
    nature, or the frames of a file have a distance and no clock.
    """
    if Tag.TotalPixelMatrixColumns in data_set:
        return False  # tiles of a slide
    pointers = data_set.tags(Tag.FrameIncrementPointer)
    if pointers:
        return bool(_SLICE_POINTERS & set(pointers))
    if kind.is_cross_section:
        return True
    has_clock = any(tag in data_set for tag in _CLOCKS)
    return frames > 1 and not has_clock and slice_spacing(data_set) is not None


def clip_position(data_set: DataSet, kind: Kind, frames: int) -> Vector | None:
    """Return where all frames of a clip lie, None if they are none or may lie elsewhere.

    Frames that follow each other in time alone (PS3.3 C.7.6.5) have the one position of their file.
    """
    pointers = set(data_set.tags(Tag.FrameIncrementPointer))
    is_timed = pointers <= {Tag.FrameTime, Tag.FrameTimeVector}
    is_clip = frames > 1 and is_timed and any(tag in data_set for tag in _CLOCKS)
    if not is_clip or frames_are_slices(data_set, kind, frames):
        return None
    if Tag.PerFrameFunctionalGroupsSequence in data_set:
        return None
    return valid_position(data_set.exactly(3, Tag.ImagePositionPatient))
