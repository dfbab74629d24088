"""The npe2 reader: dropped paths to napari layers.

Only the standard library is imported here: napari asks for the reader whenever
any path is dropped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_medscan.dicom import DicomObject, LoadReport, Stack
    from napari_medscan.dicom.headers.read_many import Progress

PathOrPaths = str | Sequence[str]
LayerList = list["Layer | tuple[None]"]
Read = Callable[[PathOrPaths], LayerList]

_NOTHING: LayerList = [(None,)]
"""napari's way to say: nothing to add, and nothing went wrong."""

_BURST_SECONDS = 1.5
"""Files that napari hands over within this time of each other are one drop."""


def get_reader(path: PathOrPaths) -> Read | None:
    """Return the reader if there is DICOM at `path`, else None.

    Parameters
    ----------
    path : str or sequence of str
        A file, a folder, an archive, or several files to be opened together.
    """
    from napari_medscan.dicom.headers.sniff import has_dicom

    paths = [path] if isinstance(path, str) else list(path)
    return read if any(has_dicom(Path(p)) for p in paths) else None


def read(path: PathOrPaths) -> LayerList:
    """Return one layer for every series at `path`.

    A folder, an archive or a DICOMDIR gives every series below it; a single file the whole
    series of its folder; several files the series that they make up.

    A script gets every series. A person who opens more than eight, by a drop or ``napari PATH``,
    gets the first useful one if the DICOM panel is open to list the others, and is asked otherwise.

    Raises
    ------
    MedscanError
        When there is no image to show and no window to say it in.
    """
    from napari_medscan.dicom import CancelledError
    from napari_medscan.dicom.elements.isolation import workers
    from napari_medscan.napari_ import session, settings
    from napari_medscan.napari_.core_dumps import forbid_core_dumps
    from napari_medscan.napari_.layers import image_layers, leading_series
    from napari_medscan.napari_.notify import tell, tell_bad_frames, tell_report
    from napari_medscan.napari_.objects.object_layers import object_layers
    from napari_medscan.napari_.refusal import refusal

    settings.apply()
    forbid_core_dumps()
    single = Path(path) if isinstance(path, str) and Path(path).is_file() else None
    if single is not None and _burst.covers(single):
        return _NOTHING
    paths = [Path(path)] if isinstance(path, str) else [Path(p) for p in path]
    try:
        report = _load(single, paths)
    except CancelledError:
        tell("Canceled.")
        return _NOTHING
    except OSError:
        return _refused(refusal(paths))
    if single is not None and any(each.files for each in report.objects):
        report = session.record.without_opened(report)
    stacks = _wanted(report)
    if any(stack.is_compressed for stack in stacks):
        # They start while the layers are made.
        workers.warm_up()
    report = report.tried(stacks)
    stacks = [stack for stack in stacks if stack in report.stacks]
    session.note(report, stacks, paths)
    if not report.stacks and not any(each.is_shown_at_once for each in report.objects):
        return _refused(report.summary(), is_listed=bool(report.objects))
    for stack in stacks:
        tell_bad_frames(stack)
    tell_report(report, stacks)
    _follow_openings()
    after = None if single is None else _burst.lead
    objects = _wanted_objects(report, stacks)
    images = image_layers(stacks, after=after)
    _leave_the_view_to_a_slide(stacks, images, objects)
    layers: LayerList = [*images, *object_layers(objects, session.known_stacks(report))]
    if single is not None:
        lead = leading_series(stacks, after=after) if stacks else after
        _burst.remember(report, single.parent, lead)
    return layers or _NOTHING


def _load(single: Path | None, paths: Sequence[Path]) -> LoadReport:
    """Read the headers of the series of a single file, or of everything at some paths."""
    from napari_medscan.dicom import load
    from napari_medscan.dicom.loading import load_series_of
    from napari_medscan.napari_.progress import in_thread, reading_progress

    def work(progress: Progress | None) -> LoadReport:
        if single is None:
            return load(paths, progress=progress)
        return load_series_of(single, progress=progress)

    with reading_progress("Reading DICOM headers") as progress:
        return work(None) if progress is None else in_thread(work, progress)


def _follow_openings() -> None:
    """Let the viewer that asks, if there is one, bring what is about to be added into view."""
    from napari_medscan.napari_.gui import has_gui

    if not has_gui():
        return
    import napari

    from napari_medscan.napari_.openings import follow_openings
    from napari_medscan.napari_.viewer_tools import tools_of

    viewer = napari.current_viewer()
    if viewer is not None:
        follow_openings(viewer)
        tools_of(viewer)


def _refused(message: str, *, is_listed: bool = False) -> LayerList:
    """Say why there is nothing to show, and where to open what is listed.

    In a window as a sentence of our own: what napari makes of an exception
    quotes the path, and ends a drop of several files.
    """
    from napari_medscan.dicom import MedscanError
    from napari_medscan.napari_.gui import has_gui
    from napari_medscan.napari_.notify import tell

    if not has_gui():
        raise MedscanError(message)
    tell(f"{message} Open it in the DICOM panel." if is_listed else message)
    return _NOTHING


def _wanted(report: LoadReport) -> Sequence[Stack]:
    """Return the stacks to open: every one in a script; a person may see the others in a list."""
    from napari_medscan.napari_.gui import is_interactive, main_window

    if not is_interactive():
        return report.stacks
    import napari

    from napari_medscan.dicom.series.studies import first_to_show
    from napari_medscan.napari_.chooser import ASK_ABOVE, choose
    from napari_medscan.napari_.dicom_panel import has_panel

    if len(report.stacks) <= ASK_ABOVE:
        return report.stacks
    if has_panel(napari.current_viewer()):
        return [first_to_show(report.stacks)]
    return choose(report.stacks, main_window())


def _leave_the_view_to_a_slide(
    opened: Sequence[Stack], layers: Sequence[Layer], objects: Sequence[DicomObject]
) -> None:
    """Hide series that are all segmentations or maps beside a slide, which is what to see."""
    has_slide = any(each.header.kind.is_slide for each in objects)
    if has_slide and all(stack.kind.is_derived for stack in opened):
        for layer in layers:
            layer.visible = False


def _wanted_objects(report: LoadReport, opened: Sequence[Stack]) -> Sequence[DicomObject]:
    """Return the objects to open: those that lie on a series that is opened, or on none."""
    from napari_medscan.dicom.series.relations import belongs_to

    objects = [each for each in report.objects if each.is_shown_at_once]
    if len(opened) == len(report.stacks):
        return objects
    return [each for each in objects if any(belongs_to(each, s) for s in opened)]


class _Burst:
    """Files of series just opened, while a drop of many files goes on.

    napari calls the reader once a dropped file. The first file of a series
    opens all of it; the others, following at once, must add nothing. Of several series, the
    first one stays in view unless a more useful one follows, such as the slices after a scout.
    """

    def __init__(self) -> None:
        self._files: set[Path] = set()
        self._until = 0.0
        self._lead: Stack | None = None

    @property
    def lead(self) -> Stack | None:
        """The series of this drop that is in view; None for the first file of a drop."""
        return self._lead

    def covers(self, file: Path) -> bool:
        """Whether `file` was opened with the one before it in this drop."""
        if time.monotonic() > self._until:
            self._files.clear()
            self._lead = None
            return False
        if file.resolve() not in self._files:
            return False
        self._extend()
        return True

    def remember(self, report: LoadReport, folder: Path, lead: Stack | None) -> None:
        """Note the files of a series that was opened from one of them, the bad ones too.

        Parameters
        ----------
        report : LoadReport
            What became of them.
        folder : Path
            Where they are.
        lead : Stack or None
            The series in view.
        """
        self._lead = lead
        folder = folder.resolve()
        names = {name for stack in report.stacks for name in stack.files}
        names.update(name for each in report.objects for name in each.files)
        names.update(report.duplicates, report.unreadable, report.skipped)
        self._files.update(folder / name for name in names)
        self._extend()

    def _extend(self) -> None:
        self._until = time.monotonic() + _BURST_SECONDS


_burst = _Burst()
