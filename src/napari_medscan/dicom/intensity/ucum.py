"""Units by their UCUM code, as Measurement Units Code Sequence gives them (PS3.16 section 7.2.2).

A code is text from a file, and a unit is shown, and remembered with the user's presets. What is
no combination of known units is therefore dropped: it could be a name.
"""

from __future__ import annotations

import re
from typing import Final

from napari_medscan.dicom.elements.attribute_tags import Tag
from napari_medscan.dicom.elements.values import DataSet

# PS3.16 CID 83, 84 and 85, whose codes say in braces what is counted.
_BY_CODE: Final = {
    "[hnsf'U]": "HU",
    "{counts}": "counts",
    "{counts}/s": "counts/s",
    "{propcounts}": "proportional to counts",
    "{propcounts}/s": "proportional to counts/s",
    "{SUVbw}g/ml": "SUVbw",
    "{SUVlbm}g/ml": "SUVlbm",
    "{SUVbsa}cm2/ml": "SUVbsa",
    "{SUVibw}g/ml": "SUVibw",
    "g/ml{SUVbw}": "SUVbw",
    "g/ml{SUVlbm}": "SUVlbm",
    "cm2/ml{SUVbsa}": "SUVbsa",
    "g/ml{SUVibw}": "SUVibw",
    "{ratio}": "ratio",
    "{fraction}": "fraction",
    "[arb'U]": "arbitrary units",
}
_PREFIXED = "m|s|g|[lL]|Bq|Ci|Gy|Sv|Hz|eV|mol|rad|Cel|cal|V|A|K|J|N|Pa|W|T|F|Ohm|osm|kat|eq"
_ALONE = r"%|min|h|d|wk|mo|a|deg|u|\[ppm\]|\[ppb\]|\[ppth\]|\[pH\]|mm\[Hg\]|\[arb'U\]|\[iU\]"
_UNIT = rf"(?:(?:da|[YZEPTGMkhdcmunpfazy])?(?:{_PREFIXED})|{_ALONE})"
_TERM = rf"(?:\d*{_UNIT}\^?[+-]?\d?|\d+(?:[*^][+-]?\d+)?)"
_PRODUCT = re.compile(rf"/?\(?{_TERM}(?:\)?[./]\(?{_TERM})*\)?")
_LONGEST = 24


def read_unit(item: DataSet) -> str:
    """Return the unit that the Measurement Units Code Sequence of an item gives, '' for none.

    Dimensionless values (UCUM code 1) have none.
    """
    code = item.item(Tag.MeasurementUnitsCodeSequence)
    return unit_of_code(code.text(Tag.CodeValue), code.text(Tag.CodingSchemeDesignator))


def unit_of_code(code: str, scheme: str) -> str:
    """Return how a unit is written for the user; '' when the code is no known unit."""
    if scheme != "UCUM" or code == "1" or len(code) > _LONGEST:
        return ""
    known = _BY_CODE.get(code)
    return known if known is not None else code if _PRODUCT.fullmatch(code) else ""
