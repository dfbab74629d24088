"""SUV of a series whose files lack the weight of the patient: a user enters it for the session."""

from __future__ import annotations

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.headers.parse_header import WANTED
from napari_medscan.dicom.intensity.suv import UNKNOWN, Body, SuvFactors, common_suv, read_suv
from napari_medscan.dicom.series.stack import Stack


def suv_of_body(stack: Stack, body: Body) -> SuvFactors:
    """Return the SUV factors of a series with what its files lack. Reads the headers of all files.

    Parameters
    ----------
    stack : Stack
        PET.
    body : Body
        It never overrules the files.

    Raises
    ------
    MedscanError
        If something else is missing, with the reason.
    OSError
        If a file cannot be read.
    """
    files = dict.fromkeys(record.file for record in stack.slices)
    data_sets = (scan_file(file, WANTED).data_set for file in files)
    factors, why = common_suv(read_suv(data_set, body) for data_set in data_sets)
    if factors is None:
        raise MedscanError(f"{UNKNOWN}{why or 'its values are no activity'}")
    return factors


def enter_suv(stack: Stack, factors: SuvFactors) -> None:
    """Let a series have SUV from now on; every value of it says what was entered.

    The one change of a Stack after it was made: all that holds it, a layer, the panel and the
    measurements, shall show SUV.
    """
    object.__setattr__(stack, "suv", factors)
    known = tuple(text for text in stack.warnings if not text.startswith(UNKNOWN))
    object.__setattr__(stack, "warnings", known)
