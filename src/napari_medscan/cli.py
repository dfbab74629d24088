"""The command line: see what is on a disc, without napari.

``napari-medscan inspect PATH [--json] [--pixels]``
``napari-medscan export PATH --to nifti|nrrd|tiff|ome-zarr|png|gif|mp4|dicom-deid OUT [--jobs N]``
``napari-medscan cache clear``
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_medscan import __version__

if TYPE_CHECKING:
    from rich.table import Table

    from napari_medscan.dicom import DicomObject, LoadReport, Stack

SHOWN, WRONG, NOTHING, INCOMPLETE, INTERRUPTED = 0, 2, 3, 4, 130
"""Exit codes: all is well; the command is wrong (argparse's, too); there is nothing to show or to
export; something was not exported, while all else was; Ctrl + C."""
FORMAT = 1
"""Of the JSON of `inspect` (docs/inspect.schema.json): another if a field changes its meaning."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal may lack the letters of a description.
        sys.stdout.reconfigure(errors="replace")
    try:
        return {"cache": _clear_cache, "inspect": _inspect, "export": _export}[options.command](
            options
        )
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever reads has seen enough (`… | head`); Python must not flush into the void at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SHOWN


def _clear_cache(_options: argparse.Namespace) -> int:
    from napari_medscan.dicom.index.recall import forget

    print(f"Deleted {_amount(forget())}.")
    return SHOWN


def _inspect(options: argparse.Namespace) -> int:
    from napari_medscan.dicom import load
    from napari_medscan.dicom.files.walk import shown_name

    path = Path(options.path)
    try:
        report = load(path)
    except OSError:
        print(f"No such file or folder: {shown_name(options.path)}", file=sys.stderr)
        return NOTHING
    if options.json:
        json.dump(describe(report, pixels=options.pixels), sys.stdout, indent=1)
        print(flush=True)
    else:
        _print_table(report, pixels=options.pixels)
    return SHOWN if report.stacks or report.objects else NOTHING


def _export(options: argparse.Namespace) -> int:
    """Export what a path has, with one line of JSON for every series or file, and one for all."""
    from napari_medscan.dicom import MedscanError
    from napari_medscan.dicom.files.walk import shown_name

    run = _deidentified_lines if options.to == "dicom-deid" else _series_lines
    counts: Counter[str] = Counter()
    try:
        for line in run(options):
            counts[str(line["status"])] += 1
            print(json.dumps(line), flush=True)
    except FileNotFoundError:
        print(f"No such file or folder: {shown_name(options.path)}", file=sys.stderr)
        return NOTHING
    except (MedscanError, OSError) as error:
        why = str(error) if isinstance(error, MedscanError) else "The folder cannot be written to"
        print(f"{why}.", file=sys.stderr)
        return WRONG
    print(json.dumps({"done": True, **counts}), flush=True)
    if counts["failed"] or counts["refused"]:
        return INCOMPLETE
    return SHOWN if counts["written"] or counts["exists"] else NOTHING


def _series_lines(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from napari_medscan.export.batch import SeriesJob, prepare_out, series_lines
    from napari_medscan.export.engines import Ray

    paths = (Path(options.path).resolve(strict=True),)
    prepare_out(paths, options.out)
    job = SeriesJob(
        tuple(map(str, paths)),
        str(options.out),
        options.to,
        unshear=options.unshear,
        uneven=options.uneven,
        blanks=options.blanks,
        pixels_checked=options.pixels_checked,
    )
    engine = Ray(options.address) if options.engine == "ray" else None
    return series_lines(job, options.jobs, engine)


def _deidentified_lines(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from napari_medscan.export import ExportError
    from napari_medscan.export.deidentify import Mask, Profile
    from napari_medscan.export.deidentify.run import deidentified_lines, read_key

    if options.engine == "ray":
        raise ExportError("De-identification runs on this computer alone: use --jobs")
    key = None if options.key is None else read_key(options.key)
    profile = Profile(
        dates=not options.no_dates,
        characteristics=not options.no_characteristics,
        private=not options.no_private,
        descriptors=options.descriptors,
        device=options.device,
        institution=options.institution,
        uids=options.uids,
        pixels_checked=options.pixels_checked,
        masks=tuple(Mask.parsed(text) for text in options.mask),
        mask_text=options.mask_text,
    )
    path, wanted = Path(options.path), options.dicomdir
    return deidentified_lines(path, options.out, profile, key, options.jobs, dicomdir=wanted)


def describe(report: LoadReport, *, pixels: bool = False) -> dict[str, Any]:
    """Return a report as plain data for JSON; no field of it names a patient.

    Parameters
    ----------
    report : LoadReport
        What was loaded.
    pixels : bool
        Also read all pixels, for their extremes, mean and SHA-256.
    """
    from napari_medscan.dicom.files.walk import shown_name

    def reasons(entries: dict[str, str]) -> list[dict[str, str]]:
        return [{"file": shown_name(name), "reason": why} for name, why in entries.items()]

    return {
        "format": FORMAT,
        "stacks": [_describe_stack(stack, pixels=pixels) for stack in report.stacks],
        "objects": [_describe_object(each, report.stacks) for each in report.objects],
        "files": {
            "shown": report.shown,
            "skipped": reasons(report.skipped),
            "duplicates": [
                {"file": shown_name(name), "of": shown_name(of)}
                for name, of in report.duplicates.items()
            ],
            "unreadable": reasons(report.unreadable),
        },
    }


def _describe_stack(stack: Stack, *, pixels: bool) -> dict[str, Any]:
    from napari_medscan.dicom.files.walk import shown_name

    geometry = stack.geometry
    affine = geometry.affine
    found: dict[str, Any] = {
        "modality": stack.modality,
        "sop_class": stack.sop_class,
        "series_number": stack.series_number,
        "axes": stack.axes,
        "shape": list(stack.array.shape),
        "dtype": str(stack.array.dtype),
        "unit": stack.unit,
        "spacing_mm": list(geometry.spacing),
        "affine_lps": None if affine is None else affine.tolist(),
        "regular": geometry.regular,
        "missing_slices": len(geometry.missing),
        "tilt_degrees": geometry.tilt,
        "windows": [
            {"name": window.name, "center": window.center, "width": window.width}
            for window in stack.windows
        ],
        "transfer_syntaxes": list(stack.transfer_syntaxes),
        "files": [shown_name(name) for name in stack.files],
        "warnings": list(stack.warnings),
    }
    if pixels:
        found["pixels"] = _describe_pixels(stack)
        found["warnings"] += sorted(set(stack.problems.values()))
    return found


def _describe_object(source: DicomObject, stacks: Sequence[Stack]) -> dict[str, Any]:
    from napari_medscan.dicom.files.walk import shown_name

    return {
        "kind": source.kind_name,
        "modality": source.header.modality,
        "sop_class": source.header.sop_class,
        "series_number": source.header.series_number,
        "summary": source.summary,
        "files": [shown_name(name) for name in source.files],
        "notes": [*source.warnings, *source.notes_on(stacks)],
    }


def _describe_pixels(stack: Stack) -> dict[str, Any]:
    """Read a stack frame by frame: a study may be larger than memory."""
    import hashlib

    import numpy as np

    digest = hashlib.sha256()
    low, high, total, count = math.inf, -math.inf, 0.0, 0
    for place in np.ndindex(stack.array.places.shape):
        frame = stack.array.display[place]
        if stack.problems:
            return {"error": next(iter(stack.problems.values()))}
        digest.update(np.ascontiguousarray(frame, dtype="<f4").data)
        if not stack.valid[place]:
            # A slice that is missing counts for the digest only.
            continue
        # JSON knows no NaN: what is no number counts for the digest only.
        finite = frame[np.isfinite(frame)] if frame.dtype.kind == "f" else frame
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
            total += float(finite.sum(dtype=np.float64))
            count += finite.size
    return {
        "min": low if count else None,
        "max": high if count else None,
        "mean": total / count if count else None,
        "sha256_float32": digest.hexdigest(),
    }


def _print_table(report: LoadReport, *, pixels: bool) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console()
    if report.stacks:
        console.print(_table(report.stacks, pixels=pixels))
        for stack in report.stacks:
            if stack.suv is not None:
                console.print(f"{escape(stack.name)}: SUVbw = {stack.suv.bw:.4g} × value")
            for warning in (*stack.warnings, *_blank_slices(stack)):
                console.print(f"{escape(stack.name)}: {escape(warning)}.", style="yellow")
    for each in report.objects:
        console.print(f"{escape(each.name)}: {each.kind_name}, {escape(each.summary)}")
        for note in (*each.warnings, *each.notes_on(report.stacks)):
            console.print(f"{escape(each.name)}: {escape(note)}.", style="yellow")
    summary = report.summary()
    if summary:
        console.print(escape(summary))
    reasons: dict[str, int] = {}
    for why in (*report.unreadable.values(), *report.skipped.values()):
        reasons[why] = reasons.get(why, 0) + 1
    for why, count in reasons.items():
        console.print(f"  {count} × {escape(why)}", style="dim")


def _blank_slices(stack: Stack) -> list[str]:
    """Return how many slices could not be decoded, one sentence per reason."""
    counts = Counter(stack.problems.values())
    return [
        f"1 slice could not be decoded and is blank ({why})"
        if count == 1
        else f"{count} slices could not be decoded and are blank ({why})"
        for why, count in sorted(counts.items())
    ]


def _amount(count: int) -> str:
    """Return a number of bytes in decimal units: "12.3 kB"."""
    if count < 1000:
        return f"{count} bytes"
    power = min(int(math.log10(count)) // 3, 3)
    return f"{count / 1000**power:.1f} {('kB', 'MB', 'GB')[power - 1]}"


def _table(stacks: Sequence[Stack], *, pixels: bool) -> Table:
    """Return one row per series; only the names wrap in a narrow terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Series", overflow="fold")
    table.add_column("Axes", no_wrap=True)
    for heading in ("Size", "mm", "Unit", "Files", *(["Values"] if pixels else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    for stack in stacks:
        spacing = stack.voxel_size
        row = [
            escape(stack.name),
            stack.axes,
            "×".join(str(extent) for extent in stack.array.shape),
            "×".join(f"{value:.3g}" for value in spacing) if spacing else "unknown",
            stack.unit or "",
            str(len(stack.files)),
        ]
        if pixels:
            values = _describe_pixels(stack)
            # The reason stands below the table.
            none = values.get("min") is None
            row.append("unreadable" if none else f"{values['min']:g} … {values['max']:g}")
        table.add_row(*row)
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="napari-medscan",
        description="Inspect and export DICOM folders without opening napari.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    inspect = commands.add_parser("inspect", help="list the series in a file, folder or disc")
    inspect.add_argument("path", help="file, folder, archive or DICOMDIR")
    inspect.add_argument("--json", action="store_true", help="print JSON instead of a table")
    inspect.add_argument(
        "--pixels", action="store_true", help="also decode and check all pixel data"
    )
    _add_export(commands.add_parser("export", help="write all series of a path as other files"))
    cache = commands.add_parser("cache", help="manage the disk cache")
    cache.add_argument("action", choices=["clear"], help="clear the cache")
    return parser


def _add_export(export: argparse.ArgumentParser) -> None:
    export.add_argument("path", help="file, folder, archive or DICOMDIR")
    export.add_argument("out", type=Path, help="folder of the new files")
    formats = ["nifti", "nrrd", "tiff", "ome-zarr", "png", "gif", "mp4", "dicom-deid"]
    export.add_argument("--to", required=True, choices=formats, help="what to write")
    export.add_argument("--jobs", type=int, default=1, help="number of processes (1)")
    engines = ["processes", "ray"]
    export.add_argument("--engine", choices=engines, default=engines[0], help="what does the work")
    export.add_argument("--address", default="", help="of a cluster of Ray (one of this computer)")
    export.add_argument(
        "--blanks", action="store_true", help="write slices that cannot be read as blank ones"
    )
    export.add_argument("--unshear", action="store_true", help="correct gantry tilt and shear")
    export.add_argument(
        "--uneven", action="store_true", help="write unevenly spaced slices at their mean distance"
    )
    export.add_argument(
        "--pixels-checked",
        action="store_true",
        help="you have checked that no image identifies anybody, by text or a face, where it is "
        "not masked",
    )
    group = export.add_argument_group("dicom-deid (see docs/export.md)")
    group.add_argument("--key", type=Path, help="file of the key of the run; made if missing")
    group.add_argument("--no-dates", action="store_true", help="remove dates, do not shift them")
    group.add_argument("--no-characteristics", action="store_true", help="remove sex, age, weight")
    group.add_argument("--no-private", action="store_true", help="remove all private elements")
    group.add_argument(
        "--descriptors", action="store_true", help="retain known words of descriptions"
    )
    group.add_argument("--device", action="store_true", help="retain stations and serial numbers")
    group.add_argument("--institution", action="store_true", help="retain the institution")
    group.add_argument(
        "--dicomdir",
        action=argparse.BooleanOptionalAction,
        help="write a DICOMDIR (by default, if there is one and no key)",
    )
    group.add_argument(
        "--mask",
        action="append",
        default=[],
        metavar="[MODALITY:]TOP,LEFT,HEIGHT,WIDTH",
        help="black out a rectangle of pixels in all images (of a modality); can be repeated",
    )
    group.add_argument(
        "--mask-text", action="store_true", help="black out what looks like text in the pixels"
    )
    group.add_argument("--uids", action="store_true", help="retain UIDs")


if __name__ == "__main__":
    sys.exit(main())
