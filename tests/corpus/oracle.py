"""The corpus on disk and the answers that independent tools gave about it.

Nothing here knows napari-medscan: these modules say what is right, the test asks whether the
plugin says the same.
"""

from __future__ import annotations

import gzip
import json
import os
import zipfile
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

Json = dict[str, Any]


def corpus_dir() -> Path:
    """Return where the corpus is, or would be: MEDSCAN_CORPUS, else ../shared/corpus."""
    named = os.environ.get("MEDSCAN_CORPUS")
    return Path(named) if named else Path(__file__).parents[3] / "shared" / "corpus"


def case_names() -> list[str]:
    """Return every case the corpus has, by the folder and not by our own table."""
    cases = corpus_dir() / "cases"
    return sorted(path.name for path in cases.iterdir()) if cases.is_dir() else []


def case_path(case: str) -> Path:
    return corpus_dir() / "cases" / case


def case_files(case: str) -> list[str]:
    """Return every file of a case, those in ZIP archives too, relative to what would be dropped."""
    root = case_path(case)
    if root.is_file():
        return [root.name]
    files = []
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.suffix == ".zip":
            names = zipfile.ZipFile(path).namelist()
            files += [f"{name}/{member}" for member in names if not member.endswith("/")]
        elif path.is_file():
            files.append(name)
    return sorted(files)


def case_file(case: str, file: str) -> Path | BytesIO:
    """Return a file of a case as pydicom takes it: its path, or its bytes if it is packed."""
    root = case_path(case)
    path = root if root.is_file() else root / file
    if path.suffix == ".gz":
        return BytesIO(gzip.decompress(path.read_bytes()))
    archive, ending, member = file.partition(".zip/")
    if ending:
        return BytesIO(zipfile.ZipFile(root / f"{archive}.zip").read(member))
    return path


@cache
def answers(case: str) -> Json:
    """Return the oracle of a case as it was written."""
    text = (corpus_dir() / "oracle" / f"{case}.json").read_text(encoding="utf-8")
    answer: Json = json.loads(text)
    return answer


def about_file(case: str, file: str) -> Json:
    """Return what the oracle says of one file."""
    found: Json = next((f for f in answers(case)["files"] if f["file"] == file), {})
    return found


def stored_hash(case: str, file: str) -> Json | None:
    """Return pydicom's shape, dtype and hash of the stored values, if it could decode them."""
    pixels = about_file(case, file).get("pixel_array")
    return pixels if isinstance(pixels, dict) and "sha256" in pixels else None


def sitk_series(case: str, files: list[str]) -> Json | None:
    """Return SimpleITK's series that is made of exactly these files, if there is one."""
    for series in answers(case)["series"]:
        same = sorted(_within(series["dir"], f) for f in series.get("sitk_file_order", []))
        if same == sorted(files) and "size" in series.get("sitk", {}):
            order = [_within(series["dir"], f) for f in series["sitk_file_order"]]
            return {**series["sitk"], "order": order}
    return None


def _within(folder: str, file: str) -> str:
    """Return a series' file relative to the case (the oracle writes it either way)."""
    return file if folder == "." or file.startswith(f"{folder}/") else f"{folder}/{file}"


def nifti_volumes(case: str) -> list[Json]:
    """Return dcm2niix's outputs that claim to know where they are in space."""
    outputs = answers(case).get("dcm2niix", {}).get("outputs", [])
    return [volume for volume in outputs if volume.get("sform_code")]


def box_corners(affine: np.ndarray, sizes: tuple[int, int, int]) -> np.ndarray:
    """Return the eight voxel-center corners of a volume in LPS millimeters.

    `sizes` and the affine's columns are in the same order, whichever it is: only the set of
    corners matters, so that tools which flip or permute axes can be compared.
    """
    ends = [(0, size - 1) for size in sizes]
    index = np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3)
    corners: np.ndarray = index @ affine[:3, :3].T + affine[:3, 3]
    return corners


def sitk_corners(series: Json) -> np.ndarray | None:
    """Return SimpleITK's corners; None for what it stacked in four dimensions of more than one."""
    size = list(series["size"])
    if len(size) == 4 and size[3] != 1:
        return None
    n = len(size)
    direction = np.array(series["direction"]).reshape(n, n)[:3, :3]
    affine = np.eye(4)
    affine[:3, :3] = direction * np.array(series["spacing"][:3])
    affine[:3, 3] = series["origin"][:3]
    return box_corners(affine, (size[0], size[1], size[2]))


def nifti_corners(volume: Json) -> np.ndarray:
    dim = volume["dim"]
    return box_corners(np.array(volume["affine_lps"]), (dim[0], dim[1], dim[2]))


def corner_distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return how far the worst corner of either box is from the nearest one of the other."""
    apart = np.linalg.norm(ours[:, None] - theirs[None], axis=-1)
    return float(max(apart.min(axis=0).max(), apart.min(axis=1).max()))
