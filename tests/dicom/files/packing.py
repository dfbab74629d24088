"""Folders packed into archives, by Python's own writers."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from .iso_packing import write_iso

ZIPS = {"zip stored": zipfile.ZIP_STORED, "zip deflated": zipfile.ZIP_DEFLATED}
TARS = {"tar": "w", "tgz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}
KINDS = [*ZIPS, *TARS, "iso", "zip in zip", "tgz in zip"]


def files_below(folder: Path) -> dict[str, Path]:
    return {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}


def pack(folder: Path, kind: str, target: Path) -> Path:
    """Pack a folder into an archive beside `target`, and return the archive."""
    if kind in ZIPS:
        path = target.with_suffix(".zip")
        with zipfile.ZipFile(path, "w", ZIPS[kind]) as archive:
            for name, file in files_below(folder).items():
                archive.write(file, name)
        return path
    if kind == "iso":
        return write_iso(folder, target.with_suffix(".iso"))
    if kind in TARS:
        path = target.with_suffix(f".{kind}")
        with tarfile.open(path, TARS[kind]) as tar:
            for name, file in files_below(folder).items():
                tar.add(file, name)
        return path
    inner = pack(folder, {"zip in zip": "zip stored", "tgz in zip": "tgz"}[kind], target)
    path = target.with_name("outer.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(inner, inner.name)
    inner.unlink()
    return path
