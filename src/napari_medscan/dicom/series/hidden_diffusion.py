"""b-values that are read only where nothing else tells the images of a series apart."""

from __future__ import annotations

from collections.abc import Sequence

from napari_medscan.dicom.headers.csa_diffusion import read_csa_diffusion
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.alike import kinds_of


def with_csa_diffusion(slices: Sequence[SliceRef]) -> Sequence[SliceRef]:
    """Return slices with b-value and direction of their CSA headers; the same if they have none.

    Parameters
    ----------
    slices : sequence of SliceRef
        Of one group.
    """
    kind = slices[0].header.kind
    # Of what has no meaning by definition only MR can be.
    if not kind.is_cross_section or kind.measures or not _lack_diffusion(slices):
        return slices
    if not read_csa_diffusion(slices[0].header.source.file):
        return slices
    return [_weighted(ref) for ref in slices]


def _lack_diffusion(slices: Sequence[SliceRef]) -> bool:
    firsts = kinds_of(slices).firsts
    return all(
        "DiffusionBValue" not in ref.header.common_dimensions(ref.index)
        and "DiffusionBValue" not in ref.header.own_dimensions
        and len(ref.header.frames) == 1
        for ref in firsts
    )


def _weighted(ref: SliceRef) -> SliceRef:
    dimensions = {**ref.frame.dimensions, **read_csa_diffusion(ref.header.source.file)}
    return SliceRef(ref.header.like(frames=(ref.frame.like(dimensions=dimensions),)), 0)
