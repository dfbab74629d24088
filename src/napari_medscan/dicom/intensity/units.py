"""Units of the values after the modality transform, by modality and Rescale Type."""

from __future__ import annotations

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, want
from napari_medscan.dicom.kinds import Kind

WANTED_UNITS = want(Tag.DoseUnits, Tag.SUVType, Tag.Units)
# PS3.3 C.8.9.1.1.3, Units of PET images.
_PET = {
    "BQML": "Bq/ml",
    "CNTS": "counts",
    "PROPCNTS": "proportional to counts",
    "CPS": "counts/s",
    "PROPCPS": "proportional to counts/s",
    "MGMINML": "mg/min/ml",
    "UMOLMINML": "umol/min/ml",
    "MLMING": "ml/min/g",
    "MLG": "ml/g",
    "1CM": "1/cm",
    "CM2ML": "cm2/ml",
    "STDDEV": "standard deviations",
    "PCNT": "%",
}
# C.8.9.1, SUV Type: three formulas of lean body mass, and the ideal body weight.
_SUV = {
    "": "SUVbw",
    "BW": "SUVbw",
    "BSA": "SUVbsa",
    "LBM": "SUVlbm",
    "LBMJAMES128": "SUVlbm",
    "LBMJANMA": "SUVlbm",
    "IBW": "SUVibw",
}
_DOSE = {"GY": "Gy", "RELATIVE": "relative dose"}
# PS3.3 C.11.1.1.2, Rescale Type. Optical density is stored in thousandths.
_RESCALE = {
    "HU": "HU",
    "OD": "10^-3 OD",
    "MGML": "mg/ml",
    "Z_EFF": "effective Z",
    "ED": "10^23 e/ml",
    "EDW": "electron density of water",
    "HU_MOD": "modified HU",
    "PCT": "%",
}


def unit_of(data_set: DataSet, kind: Kind) -> str | None:
    """Return the unit that values have after the rescale, or None when they have none.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    kind : Kind
        Of the file.

    Notes
    -----
    PS3.3 C.8.2.1: CT is in Hounsfield units unless Rescale Type says
    otherwise; in enhanced CT the type stands in the functional groups.
    """
    if kind.measures == "uptake":
        units = data_set.text(Tag.Units)
        if units == "GML":
            return _SUV.get(data_set.text(Tag.SUVType), "g/ml")
        return _PET.get(units)
    if kind.measures == "dose":
        return _DOSE.get(data_set.text(Tag.DoseUnits))
    return unit_of_type(data_set, kind, _rescale_type(data_set))


def unit_of_frame(data_set: DataSet, kind: Kind, item: DataSet, unit: str | None) -> str | None:
    """Return the unit of a frame by its Pixel Value Transformation item, `unit` if it says none.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    kind : Kind
        Of the file.
    item : DataSet
        The item.
    unit : str or None
        Unit of the file.
    """
    rescale_type = item.text(Tag.RescaleType)
    if not rescale_type or kind.measures in ("uptake", "dose"):
        return unit
    return unit_of_type(data_set, kind, _spelled(rescale_type))


def unit_of_type(data_set: DataSet, kind: Kind, rescale_type: str) -> str | None:
    """Return the unit that a Rescale Type means in a file."""
    is_plain = rescale_type == "" or _is_plain_ct(data_set, rescale_type)
    if kind.measures == "attenuation" and is_plain:
        # A dose report is a capture of CT.
        return None if kind.is_capture and not _has_rescale(data_set) else "HU"
    return _RESCALE.get(rescale_type)


def needs_rescale(data_set: DataSet, kind: Kind) -> bool:
    """Whether values that are not rescaled do not have the unit of `unit_of`.

    A Rescale Type that names the unit holds for the stored values as well.
    """
    return kind.measures in ("uptake", "dose") or _rescale_type(data_set) not in _RESCALE


def _rescale_type(data_set: DataSet) -> str:
    """Return Rescale Type or, of a lookup table, Modality LUT Type (PS3.3 C.11.1.1.2)."""
    rescale_type = data_set.text(Tag.RescaleType)
    for group in (Tag.SharedFunctionalGroupsSequence, Tag.PerFrameFunctionalGroupsSequence):
        transform = data_set.item(group).item(Tag.PixelValueTransformationSequence)
        rescale_type = rescale_type or transform.text(Tag.RescaleType)
    return _spelled(
        rescale_type or data_set.item(Tag.ModalityLUTSequence).text(Tag.ModalityLUTType)
    )


def _spelled(rescale_type: str) -> str:
    """Return a Rescale Type in the standard's spelling: MGML of "mg/ml", HU of "Hounsfield"."""
    spelled = rescale_type.upper().replace("/", "")
    return "HU" if spelled.startswith("HOUNSFIELD") else spelled


def _has_rescale(data_set: DataSet) -> bool:
    shared = data_set.item(Tag.SharedFunctionalGroupsSequence)
    rescale = (Tag.RescaleIntercept, Tag.RescaleSlope, Tag.ModalityLUTSequence)
    return Tag.PixelValueTransformationSequence in shared or any(map(data_set.has_value, rescale))


def _is_plain_ct(data_set: DataSet, rescale_type: str) -> bool:
    """Whether "unspecified" is written where Hounsfield units are meant.

    Original axial images are in Hounsfield units by definition; derived maps
    (perfusion, iodine) that say "unspecified" mean it.
    """
    kind = data_set.texts(Tag.ImageType)
    return rescale_type == "US" and kind[:1] == ("ORIGINAL",) and "LOCALIZER" not in kind
