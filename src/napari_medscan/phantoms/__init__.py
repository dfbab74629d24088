"""Synthetic DICOM studies that the project writes itself: for the demo, samples and tests.

Nothing here comes from a patient. Anatomy is analytic (numpy only), each writer is deterministic
for its arguments, and pydicom is imported only when a file is written.
"""

from __future__ import annotations

from napari_medscan.phantoms.ct import write_ct_chest
from napari_medscan.phantoms.mr import write_mr_brain_oblique
from napari_medscan.phantoms.pet import write_pet_ct
from napari_medscan.phantoms.ultrasound import write_us_heart

__all__ = ["write_ct_chest", "write_mr_brain_oblique", "write_pet_ct", "write_us_heart"]
