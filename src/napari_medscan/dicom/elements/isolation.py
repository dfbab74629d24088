"""The workers of this process, and parsing by pydicom in one of them.

A worker has a deadline and a memory limit.
"""

from __future__ import annotations

from napari_medscan.dicom.elements.pydicom_fallback import FallbackScan, pack_wanted, unpack_scan
from napari_medscan.dicom.elements.wanted_tags import Wanted
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.wire import to_message
from napari_medscan.workers import WorkerError, WorkerPool

SCAN_SECONDS = 6.0
"""What parsing one header by pydicom may take."""

workers = WorkerPool()
"""The workers of this process; none is started before it is needed."""


def scan_with_pydicom(file: FileRef, wanted: Wanted) -> FallbackScan:
    """Parse a header with pydicom in a worker; see :mod:`pydicom_fallback`.

    Raises
    ------
    UnreadableError
        When pydicom cannot parse it either, crashes or takes too long.
    """
    try:
        packed, _ = workers.call(
            "napari_medscan.dicom.elements.pydicom_fallback:scan_request",
            to_message([file]),
            seconds=SCAN_SECONDS,
            wanted=pack_wanted(wanted),
        )
        return unpack_scan(packed)
    except (WorkerError, KeyError, TypeError, ValueError):
        raise UnreadableError("corrupt header") from None
