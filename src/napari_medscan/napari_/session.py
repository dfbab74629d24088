"""What was opened in this session: every series found, open or not, and every file skipped.

Kept in memory only, for the list of series in the panel; a series stays known
after its layer is removed, so that it can be opened again at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from psygnal import Signal

from napari_medscan.dicom import DicomObject, LoadReport, Stack
from napari_medscan.dicom.objects.catalogue import Catalogue
from napari_medscan.dicom.series.studies import Study, studies_of
from napari_medscan.napari_ import gui, recent
from napari_medscan.napari_.notify import tell_bad_frames

_Identity = tuple[object, ...]


class Record:
    """The series of a session in the order in which they were found."""

    changed = Signal()
    """Something was added or forgotten."""

    def __init__(self) -> None:
        self._stacks: dict[_Identity, Stack] = {}
        self._reports: list[LoadReport] = []
        self._watched: set[Stack] = set()
        self._studies: dict[Stack, Study] | None = None
        self.catalogue = Catalogue()
        """Finds the images of objects, and the objects of series."""
        self.changed.connect(self._forget_studies)

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """Every series found, shown or not."""
        return tuple(self._stacks.values())

    @property
    def reports(self) -> tuple[LoadReport, ...]:
        """Accounts of the drops of which some file is not shown."""
        return tuple(self._reports)

    def add(self, report: LoadReport, opened: Iterable[Stack] = ()) -> None:
        """Note what a drop gave. A series that was found before is known by its newer stack.

        Parameters
        ----------
        report : LoadReport
            What became of the drop.
        opened : iterable of Stack
            Those whose bad frames the user is told of already.
        """
        self._watched.update(opened)
        for stack in report.stacks:
            before = self._stacks.get(_identity(stack))
            self.catalogue.discard([] if before is None else [before])
            self._stacks[_identity(stack)] = stack
        self.catalogue.add(report.stacks, report.objects)
        if report.skipped or report.duplicates or report.unreadable or report.warnings:
            self._reports.append(report)
        self.changed.emit()

    def forget(self, stacks: Iterable[Stack], objects: Iterable[DicomObject] = ()) -> None:
        """Let series and objects go, with what they hold in memory."""
        stacks = list(stacks)
        self.catalogue.discard(stacks, objects)
        for stack in stacks:
            if self._stacks.get(_identity(stack)) is stack:
                del self._stacks[_identity(stack)]
                self._watched.discard(stack)
        self.changed.emit()

    def forget_reports(self) -> None:
        """Let the accounts of files that are not shown go."""
        self._reports.clear()
        self.changed.emit()

    def watch(self, stack: Stack) -> None:
        """Tell of a stack's bad frames from now on, once however often it is opened."""
        if stack not in self._watched:
            self._watched.add(stack)
            tell_bad_frames(stack)

    def study_title(self, stack: Stack, *, brief: bool = False) -> str:
        """Return what tells the study of a series from the others, '' if there is one study.

        Parameters
        ----------
        stack : Stack
            The series.
        brief : bool
            Whether to leave out modality and body part.
        """
        if self._studies is None:
            of_none = [o for o in self.catalogue.objects if self.catalogue.home_of(o) is None]
            studies = studies_of(self.stacks, of_none)
            known = {stack: study for study in studies for stack in study.stacks}
            self._studies = known if len(studies) > 1 else {}
        study = self._studies.get(stack)
        if study is None:
            return ""
        return study.brief() if brief else study.title()

    def without_opened(self, report: LoadReport) -> LoadReport:
        """Return a report without the series that were opened before, by another drop.

        A segmentation that is opened by itself brings the series that it refers to.
        """
        before = (self._stacks.get(_identity(stack)) for stack in report.stacks)
        new = [s for s, b in zip(report.stacks, before, strict=True) if b not in self._watched]
        return replace(report, stacks=tuple(new))

    def _forget_studies(self) -> None:
        self._studies = None

    def was_opened(self, stack: Stack) -> bool:
        """Return whether a series was made a layer, or is about to be after a drop."""
        return stack in self._watched


record = Record()
"""The one of this process."""


def known_stacks(report: LoadReport) -> tuple[Stack, ...]:
    """Return the series of a drop and of those before it, which its objects may lie on."""
    return tuple(dict.fromkeys((*report.stacks, *record.catalogue.stacks)))


def note(report: LoadReport, stacks: Iterable[Stack], paths: Sequence[Path]) -> None:
    """Take a drop into the record, and its folders into the recent ones.

    Nothing is noted in scripts, where nobody would ever look at it and it would keep every
    series in memory.

    Parameters
    ----------
    report : LoadReport
        What became of the drop.
    stacks : iterable of Stack
        Those of them that are opened at once.
    paths : sequence of Path
        What was dropped.
    """
    if not gui.has_gui():
        return
    record.add(report, stacks)
    if report.stacks or report.objects:
        from napari_medscan.napari_.file_traces import forget_paths

        recent.remember([path for path in paths if path.is_dir()])
        forget_paths(paths)


def _identity(stack: Stack) -> _Identity:
    """Return what is the same when the same files are opened again."""
    first = stack.slices[0]
    return (
        first.file,
        first.index,
        first.segment,
        first.tile,
        len(stack.slices),
        stack.axes,
        stack.description,
    )
