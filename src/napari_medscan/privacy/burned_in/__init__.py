"""Look for text that is burned into a picture.

Without an extra, by a small network that marks strings, in one picture and in what
stays while anatomy moves; with the extra ``[ocr]`` also by reading, in a worker
process. A warning, never proof of absence: single strings are missed.
"""

from napari_medscan.privacy.burned_in.detector import MOST_OTHERS, find_text
from napari_medscan.privacy.burned_in.findings import Box, Check, Findings, Level
from napari_medscan.privacy.burned_in.reading import ocr_installed

__all__ = ["MOST_OTHERS", "Box", "Check", "Findings", "Level", "find_text", "ocr_installed"]
