"""The data set of a file as pydicom has it, parsed in a worker.

pydicom's work on a hostile file has no bound. The worker parses the file, leaves the pixels out and
writes element by element what pydicom made of it; this process reads that.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.file_meta import dicom_in
from napari_medscan.dicom.elements.isolation import workers
from napari_medscan.dicom.elements.pydicom_fallback import silent_pydicom
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.wire import from_message, to_message
from napari_medscan.workers import WorkerError

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

SECONDS: Final = 60.0
"""What parsing one data set may take; 10,000 frames take a few."""
MAX_BYTES: Final = 64 << 20
"""Bytes that the data set may take without its pixels."""
_PIXELS: Final = 0x7FE0


def read_dataset(file: FileRef) -> FileDataset:
    """Return the data set of a file without its pixels (group 7FE0).

    Elements that pydicom cannot write are left out. Values are converted when they are asked for,
    as ever in pydicom.

    Parameters
    ----------
    file : FileRef
        The file.

    Raises
    ------
    UnreadableError
        When pydicom cannot parse it, crashes or takes too long, or it is larger than 64 MB.
    """
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.filereader import read_dataset as parse

    try:
        facts, data = workers.call(
            "napari_medscan.dicom.elements.pydicom_dataset:dataset_request",
            to_message([file.file]),
            seconds=SECONDS,
            memory=MAX_BYTES,
        )
    except WorkerError as error:
        raise UnreadableError(f"the data set cannot be read ({error})") from None
    try:
        whole = b"" if data is None else data.tobytes()
        start, implicit, little = int(facts["start"]), bool(facts["implicit"]), facts["little"]
        with silent_pydicom():
            meta = FileMetaDataset(parse(BytesIO(whole[:start]), False, True))
            found = parse(BytesIO(whole[start:]), implicit, bool(little))
            return FileDataset(
                "", found, b"\0" * 128, meta, is_implicit_VR=implicit, is_little_endian=little
            )
    except Exception:  # noqa: BLE001 - pydicom raises whatever its parsing meets
        raise UnreadableError("the data set cannot be read") from None


def dataset_request(data: bytes) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    """Return the file meta information and the data set of a file, as a worker is asked to.

    Parameters
    ----------
    data : bytes
        The file, from `to_message`.

    Returns
    -------
    facts : dict
        "start" of the data set among the bytes, whether it is "implicit" and "little".
    array : ndarray of uint8
        Both, one after the other.

    Raises
    ------
    UnreadableError
        When pydicom cannot parse it, or it is too large.
    """
    import pydicom

    (file,) = from_message(data)
    with silent_pydicom():
        try:
            found = pydicom.dcmread(dicom_in(file).stream(), force=True, stop_before_pixels=True)
            implicit, little = found.original_encoding
            meta = _written(found.file_meta, implicit=False, little=True)
            rest = _written(found, implicit=bool(implicit), little=bool(little))
        except Exception:  # noqa: BLE001 - as above
            raise UnreadableError("corrupt header") from None
    if not rest:
        raise UnreadableError("corrupt header")
    if len(meta) + len(rest) > MAX_BYTES:
        raise UnreadableError("too large")
    facts = {"start": len(meta), "implicit": bool(implicit), "little": bool(little)}
    return facts, np.frombuffer(meta + rest, dtype=np.uint8)


def _written(found: Any, *, implicit: bool, little: bool) -> bytes:  # noqa: ANN401 - a Dataset
    """Return a data set, element by element; one that cannot be written spoils no other."""
    from pydicom.charset import convert_encodings
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_data_element

    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = implicit, little
    charsets = convert_encodings(found.get("SpecificCharacterSet", "ISO_IR 6") or "ISO_IR 6")
    for tag in sorted(found.keys()):
        # Group lengths count bytes that are written anew.
        if tag.group == _PIXELS or (tag.element == 0 and tag.group > 2):
            continue
        start = buffer.tell()
        try:
            write_data_element(buffer, found.get_item(tag), charsets)
        except Exception:  # noqa: BLE001 - as above
            buffer.seek(start)
    return buffer.getvalue()[: buffer.tell()]
