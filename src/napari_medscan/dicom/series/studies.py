"""Studies in order of date, named without identity: "CT chest · 5 months before the latest"."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from itertools import chain

from napari_medscan.counted import counted
from napari_medscan.dicom.headers.patient import may_be_one_patient, more_complete
from napari_medscan.dicom.series.dicom_object import DicomObject
from napari_medscan.dicom.series.series_rank import SeriesRank, by_rank, most_useful, rank_of
from napari_medscan.dicom.series.stack import Stack

_BODY_PARTS = {
    "ABDOMENPELVIS": "abdomen and pelvis",
    "CHESTABDOMEN": "chest and abdomen",
    "CHESTABDPELVIS": "chest, abdomen and pelvis",
    "CAP": "chest, abdomen and pelvis",
    "CSPINE": "cervical spine",
    "HEADNECK": "head and neck",
    "LSPINE": "lumbar spine",
    "LSSPINE": "lumbosacral spine",
    "NECKCHEST": "neck and chest",
    "TSPINE": "thoracic spine",
    "WHOLEBODY": "whole body",
}
"""Defined terms of PS3.16 annex L that are not words. The others are English words."""
_DAYS_PER_MONTH = 365.25 / 12
_Member = Stack | DicomObject


@dataclass(frozen=True, slots=True)
class Study:
    """The series of one study, and what belongs to none of them.

    Parameters
    ----------
    key : tuple of (bytes, str)
        Hash of the patient, as in `ImageHeader`, and Study Instance UID, '' when absent.
    stacks : tuple of Stack
        The series, the most useful kinds first.
    objects : tuple of DicomObject
        Reports, recordings and others without a series; a study may have nothing else.
    label : str
        Modalities, and body part or description: "CT chest".
    date : datetime or None
        Study Date and Time.
    interval : str
        "latest", "5 months before the latest", "date unknown"; '' if the patient has one study.
    patient : int
        Number of the patient, from 1; 0 if all studies are of one patient.
    """

    key: tuple[bytes, str]
    stacks: tuple[Stack, ...]
    objects: tuple[DicomObject, ...]
    label: str
    date: datetime | None
    interval: str = ""
    patient: int = 0

    def title(self, *, with_date: bool = False) -> str:
        """Return one line that tells the study from the others.

        Parameters
        ----------
        with_date : bool
            Whether the date may stand in it: with the identity of the patient switched on.
        """
        return " · ".join(filter(None, (self.name, self.when(with_date=with_date))))

    def brief(self) -> str:
        """Return patient and interval alone, for a narrow canvas: "Patient 1 · 5 months before"."""
        patient = f"Patient {self.patient}" if self.patient else ""
        return " · ".join(
            filter(None, (patient, self.interval.replace(" before the latest", " before")))
        )

    @property
    def short_interval(self) -> str:
        """The interval where there is no room for words: "latest", "−5 months"."""
        time = self.interval.removesuffix(" before the latest")
        return self.interval if time == self.interval else f"−{time}"

    @property
    def name(self) -> str:
        """The label, after the number of the patient if there are several."""
        return f"Patient {self.patient} · {self.label}" if self.patient else self.label

    def when(self, *, with_date: bool = False) -> str:
        """Return the interval, after the date if that may be shown."""
        date = f"{self.date:%Y-%m-%d}" if with_date and self.date is not None else ""
        return " · ".join(filter(None, (date, self.interval)))


def studies_of(stacks: Iterable[Stack], objects: Iterable[DicomObject] = ()) -> list[Study]:
    """Return the studies of some series: patient by patient, the newest study first.

    Patients are in the order of their newest studies, studies without a date come last. Patients
    are numbered in the order in which their series are given, so that a number stays the same
    while more series are found.

    Parameters
    ----------
    stacks : iterable of Stack
        The series.
    objects : iterable of DicomObject
        Objects that belong to none of them.
    """
    patients: dict[tuple[bytes, str], list[Study]] = {}
    for members in _by_study([*stacks, *objects]):
        study = _study(members)
        # Without any identity, each study may be of another patient.
        patient, uid = study.key
        patients.setdefault((patient, "" if patient else uid), []).append(study)
    ordered = []
    for number, own in enumerate(patients.values(), 1):
        patient_number = number if len(patients) > 1 else 0
        ordered.append([replace(s, patient=patient_number) for s in _with_intervals(own)])
    ordered.sort(key=lambda own: _newest_first(own[0]))
    return _distinct([study for own in ordered for study in own])


def _by_study(members: Iterable[_Member]) -> Iterator[list[_Member]]:
    """Yield what is of one study, and of one patient as far as headers say."""
    studies: dict[str, dict[bytes, list[_Member]]] = defaultdict(dict)
    for member in members:
        header = member.header
        patients = studies[header.study]
        same = (one for one in patients if may_be_one_patient(one, header.patient))
        patients.setdefault(next(same, header.patient), []).append(member)
    return chain.from_iterable(patients.values() for patients in studies.values())


def _study(members: Sequence[_Member]) -> Study:
    stacks = [each for each in members if isinstance(each, Stack)]
    objects = tuple(each for each in members if isinstance(each, DicomObject))
    headers = [each.header for each in members]
    patient = reduce(more_complete, dict.fromkeys(each.patient for each in headers))
    return Study(
        (patient, headers[0].study),
        tuple(by_rank(stacks)),
        objects,
        _label(stacks, objects),
        min((date for each in headers if (date := each.study_date) is not None), default=None),
    )


def newest_study(stacks: Sequence[Stack]) -> tuple[Stack, ...]:
    """Return the series of the newest study; of the first one when no study has a date."""
    return min(studies_of(stacks), key=_newest_first).stacks


def first_to_show(stacks: Sequence[Stack]) -> Stack:
    """Return the most useful series of the newest study that has images to look at."""
    useful = [s for s in stacks if rank_of(s) <= SeriesRank.PROJECTION]
    return most_useful(newest_study(useful or stacks))


def interval_text(time: timedelta) -> str:
    """Return a time in the largest unit of which it has two or more: "5 months", "1 day"."""
    for unit, days in (("year", 365.25), ("month", _DAYS_PER_MONTH), ("week", 7)):
        number = round(time.days / days)
        if number >= 2:
            return f"{number} {unit}s"
    return counted(time.days, "day")


def _newest_first(study: Study) -> tuple[bool, float]:
    if study.date is None:
        return True, 0.0
    # Not timestamp(): the local time zone has nothing to do with it.
    return False, -(study.date - datetime.min).total_seconds()  # noqa: DTZ901 - DA has no time zone


def _with_intervals(studies: Sequence[Study]) -> list[Study]:
    """Return the studies of one patient, the newest first, with the interval to that one."""
    ordered = sorted(studies, key=_newest_first)
    if len(ordered) == 1:
        return ordered
    latest = ordered[0].date
    if latest is None:
        return [replace(study, interval="date unknown") for study in ordered]
    return [replace(study, interval=_interval(study, latest)) for study in ordered]


def _interval(study: Study, latest: datetime) -> str:
    if study.date is None:
        return "date unknown"
    if study.date == latest:
        return "latest"
    if study.date.date() == latest.date():
        return "same day as the latest"
    # Whole days, whatever the hour: yesterday evening is one day before this morning.
    apart = latest.date() - study.date.date()
    return f"{interval_text(apart)} before the latest"


def _distinct(studies: Sequence[Study]) -> list[Study]:
    """Return the studies; those that would have the same title are numbered."""
    titles = Counter(study.title() for study in studies)
    seen: Counter[str] = Counter()
    result = []
    for study in studies:
        title = study.title()
        seen[title] += 1
        numbered = replace(study, label=f"{study.label} ({seen[title]})")
        result.append(numbered if titles[title] > 1 else study)
    return result


def _label(stacks: Sequence[Stack], objects: Sequence[DicomObject]) -> str:
    """Return modalities, and body part or study description."""
    useful = [stack for stack in stacks if rank_of(stack) <= SeriesRank.LOCALIZER] or stacks
    headers = [each.header for each in by_rank(useful) or objects]
    modalities = list(dict.fromkeys(each.modality for each in headers if each.modality))
    if set(modalities) == {"CT", "PT"}:
        modalities = ["PET/CT"]
    names = "/".join("PET" if modality == "PT" else modality for modality in modalities) or "Images"
    parts = Counter(each.body_part for each in headers if each.body_part)
    if parts:
        ((part, _),) = parts.most_common(1)
        code = part.upper().replace(" ", "").replace("_", "")
        return f"{names} {_BODY_PARTS.get(code, part.lower())}"
    description = next(filter(None, (each.study_description for each in headers)), "")
    if not description:
        return names
    # "CT Thorax" is not named "CT CT Thorax".
    starts = description.upper().startswith(names.upper())
    return description if starts else f"{names} {description}"
