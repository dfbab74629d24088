"""Standardized uptake values (SUV) of PET images.

Follows the vendor-neutral pseudo-code of the Quantitative Imaging Biomarkers Alliance (QIBA), on
the attributes of PS3.3 C.8.9.1 (PET series), C.8.9.2 (PET isotope) and C.8.9.4 (PET image).
Voxels stay what the file says; what is worked out here are the factors that make SUV of them.

Notes
-----
Where the pseudo-code leaves room, a factor that may be wrong is refused:

- The start of the scan of a series whose own time is later than its images' (it was derived, or
  rewritten) is GE's private one, else the acquisition less the frame's reference time. The
  earliest acquisition of what happens to be there is not taken for it.
- The day of the injection is that of Radiopharmaceutical Start DateTime, else the scan's or, past
  midnight, the one before; for long-lived nuclides that does not follow, and the day must be told.
- A start that lies ten half-lives before the scan, or after it, is taken for a wrong clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import exp, isclose, log

from napari_medscan.dicom.elements.date_times import DAY, days_of, seconds_of
from napari_medscan.dicom.elements.private_elements import Private
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want

_TRACER: Wanted = want(
    Tag.RadiopharmaceuticalStartTime,
    Tag.RadionuclideTotalDose,
    Tag.RadionuclideHalfLife,
    Tag.RadiopharmaceuticalStartDateTime,
)
WANTED_SUV: Wanted = want(
    Tag.SeriesDate,
    Tag.SeriesTime,
    Tag.PatientSex,
    Tag.PatientSize,
    Tag.PatientWeight,
    Tag.ActualFrameDuration,
    Tag.CorrectedImage,
    {Tag.RadiopharmaceuticalInformationSequence: _TRACER},
    Tag.DecayCorrection,
    Private.GEPetScanStart,
    Private.PhilipsSuvScale,
    Private.PhilipsActivityScale,
)
"""What SUV takes and nothing else: no header of another modality depends on it."""
_SAME = 1.0
"""Seconds: some times are written with fractions, some without."""
_DYNAMIC = 600.0
"""Seconds: a dynamic scan may start so long before the injection that it is about."""
_TOO_LATE = 10.0
"""Half-lives after which nobody scans any more."""
_LONG_LIVED = 6 * 3600.0
"""Seconds of half-life above which a scan may be days after the injection."""
_HEAVIEST = 1000.0
"""Kilograms: a greater number is one of grams."""
_LEAST_DOSE = 1e4
"""Becquerels: a smaller number is one of megabecquerels, as NM images have it (C.8.4.10)."""
_FACTORS = 1e-12, 1e6
"""Between them is every factor, from a man with a terabecquerel to a mouse in odd counts."""
_ALIKE = 1e-3
"""The slices of a stack have one factor; reference times are rounded to milliseconds."""

_LEAN = {"M": (1.10, 128.0), "F": (1.07, 148.0)}
"""James' formula, by sex."""

_NAMES = {
    Tag.SeriesDate: "Series Date",
    Tag.SeriesTime: "Series Time",
    Tag.AcquisitionDate: "Acquisition Date",
    Tag.AcquisitionTime: "Acquisition Time",
    Tag.PatientWeight: "Patient's Weight",
    Tag.ActualFrameDuration: "Actual Frame Duration",
    Tag.RadiopharmaceuticalStartTime: "Radiopharmaceutical Start Time",
    Tag.RadiopharmaceuticalStartDateTime: "Radiopharmaceutical Start DateTime",
    Tag.RadionuclideTotalDose: "Radionuclide Total Dose",
    Tag.RadionuclideHalfLife: "Radionuclide Half Life",
    Tag.RadiopharmaceuticalInformationSequence: "Radiopharmaceutical Information Sequence",
    Tag.CorrectedImage: "Corrected Image",
    Tag.Units: "Units",
    Tag.DecayCorrection: "Decay Correction",
    Tag.FrameReferenceTime: "Frame Reference Time",
}

UNKNOWN = "SUV not available: "
"""How the warning begins that says why a stack has none."""


class NoSuvError(Exception):
    """Why there is no SUV, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class SuvFactors:
    """What the values of a PET stack are multiplied by to get SUV.

    Parameters
    ----------
    bw : float
        For SUV by body weight, g/ml.
    lbm : float or None
        For SUV by lean body mass, g/ml: James' formula with 128 for men, LBMJAMES128 of SUV Type
        (0054,1006). None when height or sex is not known.
    bsa : float or None
        For SUV by body surface area, cm2/ml: DuBois' formula. None when height is not known.
    entered : str
        What a user entered because the file lacks it ("weight 70 kg"), '' if nothing.
    """

    bw: float
    lbm: float | None = None
    bsa: float | None = None
    entered: str = ""

    @property
    def unit(self) -> str:
        """Unit of SUV by body weight; it says if the weight is not the file's."""
        return f"SUVbw ({self.entered})" if self.entered else "SUVbw"


@dataclass(frozen=True, slots=True)
class Body:
    """What a user knows of a patient that a file does not say.

    Parameters
    ----------
    weight : float or None
        Kilograms.
    height : float or None
        Meters.
    sex : str
        "M" or "F".
    """

    weight: float | None = None
    height: float | None = None
    sex: str = ""

    def __str__(self) -> str:
        """Return what is known: "weight 70 kg, height 1.7 m"."""
        parts = [
            "" if self.weight is None else f"weight {self.weight:g} kg",
            "" if self.height is None else f"height {self.height:g} m",
            f"sex {self.sex}" if self.sex else "",
        ]
        return ", ".join(filter(None, parts))


def read_suv(data_set: DataSet, body: Body | None = None) -> tuple[SuvFactors | None, str]:
    """Return the SUV factors of a PET image, or why there are none.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    body : Body, optional
        What stands in for weight, height and sex that the file lacks; it never overrules the file.

    Returns
    -------
    factors : SuvFactors or None
        By which values after the modality transform are multiplied.
    why_not : str
        What is missing, '' when nothing is; '' too for values that are no activity: maps, and
        images in SUV already.
    """
    # Values that mean something else are not worth a word.
    if data_set.text(Tag.Units) not in ("BQML", "CNTS", ""):
        return None, ""
    try:
        return _factors(data_set, body or Body()), ""
    except NoSuvError as error:
        return None, str(error)


def common_suv(
    found: Iterable[tuple[SuvFactors | None, str]],
) -> tuple[SuvFactors | None, str]:
    """Return the factors that all slices of a stack share, or why there are none.

    Parameters
    ----------
    found : iterable
        What `read_suv` found in every file, the first slice's first.
    """
    distinct = list(dict.fromkeys(found))
    reasons = [(None, why) for factors, why in distinct if factors is None]
    if reasons:
        return reasons[0]
    every = [factors for factors, _ in distinct if factors is not None]
    if not every:
        return None, ""
    if not all(isclose(factors.bw, every[0].bw, rel_tol=_ALIKE) for factors in every):
        return None, "slices are decay-corrected to different times"
    return every[0], ""


def _factors(data_set: DataSet, entered: Body) -> SuvFactors:
    units = data_set.text(Tag.Units)
    if not units:
        # Enhanced PET has no Units (PS3.3 C.8.22), and other attributes for the rest.
        is_enhanced = Tag.SharedFunctionalGroupsSequence in data_set
        missing = f"{_name(Tag.Units)} is missing"
        raise NoSuvError("it is not computed for enhanced images" if is_enhanced else missing)
    corrections = data_set.texts(Tag.CorrectedImage)
    if not corrections:
        raise NoSuvError(f"{_name(Tag.CorrectedImage)} is missing")
    for term, what in (("ATTN", "attenuation"), ("DECY", "decay")):
        if term not in corrections:
            raise NoSuvError(f"not {what}-corrected ({_NAMES[Tag.CorrectedImage]})")
    becquerel = 1.0
    if units == "CNTS":
        scale = _philips(data_set, Private.PhilipsSuvScale)
        if scale is not None:
            return _of_body(data_set, scale, data_set.number(Tag.PatientWeight), entered)
        activity = _philips(data_set, Private.PhilipsActivityScale)
        if activity is None:
            raise NoSuvError(
                "values are counts, and the Philips factors (7053,1000) and (7053,1009) are missing"
            )
        becquerel = activity
    try:
        weight = _file_weight(data_set)
    except NoSuvError:
        if entered.weight is None:
            raise
        weight = entered.weight
    else:
        entered = replace(entered, weight=None)
    return _of_body(data_set, becquerel * 1000 * weight / _dose(data_set), weight, entered)


def _file_weight(data_set: DataSet) -> float:
    weight = _positive(data_set, Tag.PatientWeight)
    if weight >= _HEAVIEST:
        raise NoSuvError(f"{_name(Tag.PatientWeight)} is not in kg")
    return weight


def _of_body(data_set: DataSet, bw: float, weight: float | None, entered: Body) -> SuvFactors:
    """Return all factors, by what the first one and the body are."""
    if not _FACTORS[0] < bw < _FACTORS[1]:
        raise NoSuvError("inconsistent header values")
    height, sex = data_set.number(Tag.PatientSize), data_set.text(Tag.PatientSex)
    # Meters; a height in centimeters or inches is none.
    if height is not None and 0.2 < height < 2.8:
        entered = replace(entered, height=None)
    else:
        height = entered.height
    if sex in _LEAN:
        entered = replace(entered, sex="")
    else:
        sex = entered.sex
    if weight is None or height is None or not 0 < weight < _HEAVIEST:
        return SuvFactors(bw, entered=str(replace(entered, height=None, sex="")))
    centimeters = 100 * height
    slope, bend = _LEAN.get(sex, (0.0, 0.0))
    lean = slope * weight - bend * (weight / centimeters) ** 2
    surface = 71.84 * weight**0.425 * centimeters**0.725
    return SuvFactors(
        bw,
        bw * lean / weight if lean > 0 else None,
        bw * surface / (1000 * weight),
        str(entered),
    )


def _dose(data_set: DataSet) -> float:
    """Return the injected dose, Bq, at the time to which the image is decay-corrected."""
    correction = data_set.text(Tag.DecayCorrection)
    if correction not in ("START", "ADMIN"):
        if correction == "NONE":
            raise NoSuvError(f"{_name(Tag.DecayCorrection)} is NONE")
        raise _lacking(data_set, Tag.DecayCorrection)
    tracers = data_set.items(Tag.RadiopharmaceuticalInformationSequence)
    if len(tracers) != 1:
        state = "lists several tracers" if tracers else "is missing"
        raise NoSuvError(f"{_name(Tag.RadiopharmaceuticalInformationSequence)} {state}")
    tracer = tracers[0]
    dose = _positive(tracer, Tag.RadionuclideTotalDose)
    if dose < _LEAST_DOSE:
        raise NoSuvError(f"{_name(Tag.RadionuclideTotalDose)} is not in Bq")
    if correction == "ADMIN":
        return dose
    half_life = _positive(tracer, Tag.RadionuclideHalfLife)
    waited = _waited(tracer, _scan_start(data_set, half_life), half_life)
    return float(dose * 2 ** (-waited / half_life))


def _scan_start(data_set: DataSet, half_life: float) -> float:
    """Return when the scan started to which all of its images are decay-corrected."""
    series = _date_time(data_set, Tag.SeriesDate, Tag.SeriesTime)
    acquired = _date_time(data_set, Tag.AcquisitionDate, Tag.AcquisitionTime)
    if series <= acquired + _SAME:
        return series
    private = _ge_scan_start(data_set)
    if private is not None:
        return private
    try:
        reference = _positive(data_set, Tag.FrameReferenceTime) / 1000
        duration = _positive(data_set, Tag.ActualFrameDuration) / 1000
    except NoSuvError as error:
        raise NoSuvError(f"Series Time is later than Acquisition Time, and {error}") from None
    return acquired - reference + _average_count_time(duration, half_life)


def _average_count_time(duration: float, half_life: float) -> float:
    """Return seconds into a frame at which its activity is that of its average count rate."""
    decayed = log(2) * duration / half_life
    # Where nothing decays the formula is 0 / 0.
    if decayed < 1e-6:
        return duration / 2
    return duration * log(decayed / (1 - exp(-decayed))) / decayed


def _waited(tracer: DataSet, scan: float, half_life: float) -> float:
    """Return seconds from the injection to the start of the scan."""
    longest = _TOO_LATE * half_life
    earliest = -min(_DYNAMIC, longest)
    exact = _stamp(tracer.text(Tag.RadiopharmaceuticalStartDateTime))
    # Dates are shifted in anonymized files, not always all of them by as much.
    if exact is not None and earliest <= scan - exact <= longest:
        return scan - exact
    if half_life > _LONG_LIVED:
        name = _name(Tag.RadiopharmaceuticalStartDateTime)
        raise NoSuvError(
            f"{name} {'is missing' if exact is None else 'is inconsistent with the scan time'}"
        )
    seconds = seconds_of(tracer.text(Tag.RadiopharmaceuticalStartTime))
    if seconds is None:
        raise _lacking(tracer, Tag.RadiopharmaceuticalStartTime)
    # The day before, the same day or, of a dynamic scan at midnight, the day after.
    waited = (scan - seconds - earliest) % DAY + earliest
    if waited > longest:
        raise NoSuvError(
            f"{_name(Tag.RadiopharmaceuticalStartTime)} is inconsistent with the scan time"
        )
    return waited


def _ge_scan_start(data_set: DataSet) -> float | None:
    return _stamp(data_set.text(Private.GEPetScanStart))


def _philips(data_set: DataSet, factor: Private) -> float | None:
    value = data_set.number(factor)
    return value if value is not None and value > 0 else None


def _date_time(data_set: DataSet, day: Tag, time: Tag) -> float:
    """Return seconds since some midnight of a date and a time."""
    days, seconds = days_of(data_set.text(day)), seconds_of(data_set.text(time))
    if days is None:
        raise _lacking(data_set, day)
    if seconds is None:
        raise _lacking(data_set, time)
    return days * DAY + seconds


def _stamp(text: str) -> float | None:
    """Return the same of a DT; None when it has an offset from UTC, as the other times have none.

    PS3.5 table 6.2-1.
    """
    days, seconds = days_of(text[:8]), seconds_of(text[8:])
    return None if days is None or seconds is None else days * DAY + seconds


def _positive(data_set: DataSet, tag: Tag) -> float:
    value = data_set.number(tag)
    if value is None or value <= 0:
        raise _lacking(data_set, tag)
    return value


def _lacking(data_set: DataSet, tag: Tag) -> NoSuvError:
    state = "is missing"
    if tag in data_set:
        state = "is 0" if data_set.number(tag) == 0 else "is invalid"
    return NoSuvError(f"{_name(tag)} {state}")


def _name(tag: Tag) -> str:
    return f"{_NAMES[tag]} ({tag >> 16:04x},{tag & 0xFFFF:04x})"
