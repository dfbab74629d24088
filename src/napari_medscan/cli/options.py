"""Commands and options of the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from napari_medscan import __version__


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="napari-medscan",
        description="Inspect and export DICOM folders without opening napari.",
    )
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(dest="command", required=True)
    inspect = commands.add_parser("inspect", help="list the series in a file, folder or disc")
    inspect.add_argument("path", help="file, folder, archive or DICOMDIR")
    inspect.add_argument("--json", action="store_true", help="print JSON instead of a table")
    inspect.add_argument(
        "--pixels", action="store_true", help="also decode and check all pixel data"
    )
    _add_export(commands.add_parser("export", help="write all series of a path as other files"))
    cache = commands.add_parser("cache", help="manage the disk cache")
    cache.add_argument("action", choices=["clear"], help="clear the cache")
    return top


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
    group.add_argument(
        "--regions-only",
        action="store_true",
        help="black out what lies outside the regions of ultrasound images",
    )
    group.add_argument("--uids", action="store_true", help="retain UIDs")
