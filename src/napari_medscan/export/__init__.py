"""Writing series, and labels drawn on them, for other programs; everything stays offline.

Examples
--------
>>> from napari_medscan.dicom import load
>>> from napari_medscan.export import save_nifti
>>> (stack,) = load("/data/ct").stacks  # doctest: +SKIP
>>> save_nifti(stack, "/data/ct.nii.gz").files  # doctest: +SKIP
(PosixPath('/data/ct.nii.gz'), PosixPath('/data/ct.json'))
"""

from napari_medscan.export.dicom_seg import save_dicom_seg
from napari_medscan.export.errors import ExportError
from napari_medscan.export.images import save_png
from napari_medscan.export.movie import save_movie
from napari_medscan.export.nifti import save_nifti
from napari_medscan.export.nrrd import save_nrrd
from napari_medscan.export.ome_zarr import save_ome_zarr
from napari_medscan.export.relay import lay_onto
from napari_medscan.export.tiff import save_tiff
from napari_medscan.export.volume import Exported, Options
from napari_medscan.export.volume_file import VolumeFile, read_volume

__all__ = [
    "ExportError",
    "Exported",
    "Options",
    "VolumeFile",
    "lay_onto",
    "read_volume",
    "save_dicom_seg",
    "save_movie",
    "save_nifti",
    "save_nrrd",
    "save_ome_zarr",
    "save_png",
    "save_tiff",
]
