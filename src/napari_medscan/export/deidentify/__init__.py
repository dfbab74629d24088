"""De-identified copies of DICOM files: PS3.15 annex E, offline, into a new folder."""

from napari_medscan.export.deidentify.masks import Mask
from napari_medscan.export.deidentify.options import Profile
from napari_medscan.export.deidentify.outcome import Outcome
from napari_medscan.export.deidentify.run import deidentify

__all__ = ["Mask", "Outcome", "Profile", "deidentify"]
