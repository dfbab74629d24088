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
from typing import Any

from napari_medscan.cli.options import parser

SHOWN, WRONG, NOTHING, INCOMPLETE, INTERRUPTED = 0, 2, 3, 4, 130
"""Exit codes: all is well; the command is wrong (argparse's, too); there is nothing to show or to
export; something was not exported, while all else was; Ctrl + C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = parser().parse_args(arguments)
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
        from napari_medscan.cli.description import describe

        json.dump(describe(report, pixels=options.pixels), sys.stdout, indent=1)
        print(flush=True)
    else:
        from napari_medscan.cli.table import print_table

        print_table(report, pixels=options.pixels)
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
    from napari_medscan.export.batch import SeriesJob, series_lines
    from napari_medscan.export.engines import Ray
    from napari_medscan.export.new_files import prepare_folder

    paths = (Path(options.path).resolve(strict=True),)
    prepare_folder(options.out, paths)
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
        regions_only=options.regions_only,
    )
    path, wanted = Path(options.path), options.dicomdir
    return deidentified_lines(path, options.out, profile, key, options.jobs, dicomdir=wanted)


def _amount(count: int) -> str:
    """Return a number of bytes in decimal units: "12.3 kB"."""
    if count < 1000:
        return f"{count} bytes"
    power = min(int(math.log10(count)) // 3, 3)
    return f"{count / 1000**power:.1f} {('kB', 'MB', 'GB')[power - 1]}"
