"""Write docs/array-operations.md: operations on a series compared with numpy, one by one.

Each is applied to the array of a series and to the same values as an array of numpy, and type,
dtype, shape and every value of both results are compared. Run it from the repository's top:
``python tools/array_operations.py``.
"""

from __future__ import annotations

import copy
import io
import operator
import pickle
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import dask.array
import nibabel
import numpy as np
import pandas as pd
import SimpleITK
import tifffile
import xarray
from scipy import ndimage
from skimage import (
    exposure,
    feature,
    filters,
    measure,
    metrics,
    morphology,
    registration,
    segmentation,
    transform,
    util,
)

from napari_medscan.frames import FrameCache, LazyStack

PAGE = Path(__file__).parents[1] / "docs" / "array-operations.md"
KINDS = {
    "int16": (np.int16, (5,), (4, 6)),
    "float32": (np.float32, (5,), (4, 6)),
    "RGB": (np.uint8, (5,), (4, 6, 3)),
    "4-D": (np.int16, (2, 5), (4, 6)),
}
"""Type, leading axes and frame of the arrays that are compared."""

OPERATIONS = {
    "Shape and type": """
        x.shape
        x.dtype
        x.ndim
        x.size
        x.nbytes
        x.itemsize
        x.strides
        len(x)
        x.flags.writeable
        np.shape(x)
        np.ndim(x)
        np.size(x)
        np.size(x, 0)
        np.result_type(x, np.float32)
        np.can_cast(x.dtype, float)
        np.iscomplexobj(x)
        np.isrealobj(x)
        np.min_scalar_type(x)
        np.empty_like(x).shape
        np.zeros_like(x)
        np.ones_like(x, dtype=float)
        np.full_like(x, 7)
        np.broadcast_shapes(x.shape, (1,))
        """,
    "Indexing": """
        x[0]
        x[-1]
        x[np.int64(1)]
        x[0, 1]
        x[0, 1, 2]
        x[1:3]
        x[::-1]
        x[::2, 1:]
        x[:, 1]
        x[:, :, 2]
        x[..., 0]
        x[..., 1:3]
        x[...]
        x[()]
        x[0, ...]
        x[None]
        x[None, 0]
        x[..., None]
        x[:, None]
        x[0, None, ..., 1, None]
        x[[0, 1]]
        x[[1, 0, 1]]
        x[[-1, 0]]
        x[[]]
        x[[0, 1], [2, 3]]
        x[[0, 1], :, [2, 0]]
        x[[0, 1], ..., [2, 0]]
        x[0, :, [1, 2]]
        x[1, [0, 2], [1, 2]]
        x[[[0], [1]], [0, 2]]
        x[np.ix_([0, 1], [1, 3])]
        x[np.array(1)]
        x[np.array([0, 1]), 1:3]
        x[:, np.array([0, 1])]
        x[tuple(np.argwhere(w > 20).T)]
        x[w > 20]
        x[x > 20]
        x[(x > 0) & (x < 50)]
        x[w[..., 0] > 20]
        x[w[:, 0, 0] > 20]
        x[np.ones(len(w), bool), 1]
        x[np.zeros_like(w, bool)]
        x[True]
        x[False]
        x[len(w)]
        x[[0, len(w)]]
        x[0.5]
        x["a"]
        x[..., ...]
        x[[0, 1], [0, 1, 2]]
        x[[0.0]]
        x[[None]]
        x[True, 0]
        x[[True] * len(w)]
        x[[(0, 1)]]
        x[None, [0, 1], None]
        x[:, [0, 1], None, [1, 2]]
        x[np.arange(len(w))[:, None], [0, 1]]
        x[np.nonzero(w > 20)]
        x[np.unravel_index(3, w.shape)]
        x[np.zeros(len(w) + 1, bool)]
        x[slice(None, None, -2)]
        x[-100:100]
        x[2:1]
        np.take(x, [0, 1], axis=0)
        np.take(x, [5, 7])
        np.compress(np.arange(len(w)) > 0, x, axis=0)
        np.extract(w > 20, x)
        np.take_along_axis(x, np.argsort(w, 0), 0)
        np.choose(0, [x, w])
        list(x)
        list(reversed(x))
        list(zip(x, x))
        sum(x)
        min(x.flat)
        [frame.sum() for frame in x]
        """,
    "Operators": """
        x + 1
        1 + x
        x - 1
        1000 - x
        x * 2
        x * 0.5
        x / 3
        x // 3
        x % 7
        divmod(x, 3)
        x**2
        -x
        +x
        abs(x)
        ~x
        x & 3
        x | 3
        x ^ 3
        x << 1
        x >> 1
        x == 5
        x != 5
        x == w
        x < 10
        x <= 10
        x > 10
        x >= 10
        x + w
        w - x
        x * x
        x == x
        w == x
        x @ np.swapaxes(w, -1, -2)
        x + np.float64(1.5)
        x - x.mean()
        (x - x.min()) / (x.max() - x.min())
        (x > 10) & (x < 50)
        x == None
        x == "a"
        x != "a"
        x == [w]
        x < "a"
        x + "a"
        x + [1] * w.shape[-1]
        5 in x
        12345 in x
        bool(x)
        int(x)
        float(x)
        operator.index(x)
        """,
    "Universal functions": """
        np.add(x, 1)
        np.subtract(x, w)
        np.multiply(x, 2.0)
        np.maximum(x, 10)
        np.minimum(w, x)
        np.sqrt(np.abs(x))
        np.exp(x / 100)
        np.log1p(np.abs(x))
        np.sin(x)
        np.sign(x)
        np.square(x)
        np.negative(x)
        np.isfinite(x)
        np.isnan(x)
        np.floor(x)
        np.rint(x)
        np.hypot(x, w)
        np.arctan2(x, 1)
        np.logical_and(x, w > 0)
        np.logical_not(x)
        np.equal(x, 5)
        np.add(x, 1, dtype=float)
        np.add(x, 1, out=np.zeros(w.shape))
        np.add(x, 1, where=w > 0, out=np.zeros(w.shape))
        np.add.reduce(x)
        np.add.reduce(x, axis=None)
        np.maximum.reduce(x, axis=0)
        np.add.accumulate(x, axis=0)
        np.multiply.outer(x, [1, 2])
        np.add.reduceat(x, [0, 1])
        """,
    "Methods": """
        x.all()
        x.any()
        x.argmax()
        x.argmin(axis=0)
        x.argsort(axis=0)
        x.argpartition(2, axis=-1)
        x.astype(float)
        x.astype("uint8")
        x.astype(np.float32, copy=False)
        x.byteswap()
        x.clip(0, 50)
        (x > 10).choose([w, -w])
        x.compress([True, False], axis=0)
        x.conj()
        x.conjugate()
        x.copy()
        x.cumprod(axis=0)
        x.cumsum()
        x.diagonal()
        x.dot(np.swapaxes(w, -1, -2)[0])
        x.flatten()
        list(x.flat)
        x.imag
        x.item(3)
        x.max()
        x.max(axis=0)
        x.max(axis=(0, 1), keepdims=True)
        x.mean()
        x.mean(axis=0)
        x.mean(axis=-1, dtype=float)
        x.min()
        x.min(axis=1)
        x.mT
        x.nonzero()
        x.prod(axis=0)
        x.ravel()
        x.real
        x.repeat(2, axis=0)
        x.reshape(-1)
        x.reshape(len(w), -1)
        x.round(1)
        x.squeeze()
        x.std()
        x.std(axis=0)
        x.sum()
        x.sum(axis=0)
        x.sum(where=w > 0)
        x.swapaxes(0, 1)
        x.take([0, 3])
        x.T
        x.tobytes()
        x.tolist()
        x.trace()
        x.transpose()
        x.transpose(*range(w.ndim)[::-1])
        x.var()
        x.view(np.uint8)
        """,
    "Functions": """
        np.asarray(x)
        np.array(x)
        np.array(x, dtype=float)
        np.asarray(x, dtype=np.float32)
        np.ascontiguousarray(x)
        np.asfortranarray(x)
        np.copy(x)
        np.all(x)
        np.any(x)
        np.amax(x)
        np.max(x, axis=0)
        np.min(x)
        np.sum(x)
        np.sum(x == 5)
        np.sum(x, axis=0)
        np.prod(x, axis=0)
        np.mean(x)
        np.mean(x, axis=0)
        np.median(x)
        np.median(x, axis=0)
        np.std(x)
        np.var(x, axis=1)
        np.ptp(x)
        np.average(x, axis=0)
        np.percentile(x, [1, 99])
        np.quantile(x, 0.5, axis=0)
        np.nanmax(x)
        np.nanmean(x)
        np.nanpercentile(x, 50)
        np.argmax(x)
        np.argwhere(x > 20)
        np.nonzero(x)
        np.flatnonzero(x)
        np.count_nonzero(x)
        np.unique(x)
        np.unique(x, return_counts=True)
        np.histogram(x, bins=10)
        np.histogram(x, bins=10, range=(0, 100))
        np.histogram_bin_edges(x, 10)
        np.bincount(np.ravel(x).astype(int) + 100)
        np.digitize(x, [0, 20, 50])
        np.searchsorted(np.sort(w, None), x)
        np.sort(x, axis=0)
        np.argsort(x, axis=-1)
        np.partition(x, 2, axis=-1)
        np.lexsort((np.ravel(x), np.ravel(x)))
        np.cumsum(x, axis=0)
        np.diff(x, axis=0)
        np.gradient(x.astype(float))
        np.trapezoid(x, axis=0)
        np.interp(x, [0, 100], [0, 1])
        np.clip(x, 0, 50)
        np.where(x > 10, x, 0)
        np.where(x > 10)
        np.select([x > 50, x > 10], [1, 2])
        np.piecewise(x.astype(float), [w > 10, w <= 10], [1, -1])
        np.nan_to_num(x)
        np.isclose(x, w)
        np.allclose(x, w)
        np.array_equal(x, w)
        np.array_equiv(x, w)
        np.isin(x, [1, 2, 3])
        np.round(x, 1)
        np.real(x)
        np.imag(x)
        np.concatenate([x, w])
        np.stack([x, x])
        np.vstack([x, x])
        np.hstack([x, w])
        np.dstack([x, w])
        np.append(x, w)
        np.insert(x, 0, 1, axis=0)
        np.delete(x, 0, axis=0)
        np.split(x, [1])
        np.array_split(x, 2)
        np.tile(x, 2)
        np.repeat(x, 2, axis=0)
        np.pad(x, 1)
        np.roll(x, 1, axis=0)
        np.flip(x, axis=0)
        np.flipud(x)
        np.rot90(x)
        np.transpose(x)
        np.moveaxis(x, 0, -1)
        np.rollaxis(x, 1)
        np.swapaxes(x, 0, 1)
        np.reshape(x, -1)
        np.ravel(x)
        np.squeeze(x)
        np.expand_dims(x, 0)
        np.atleast_1d(x)
        np.atleast_3d(x)
        np.broadcast_to(x, (2, *w.shape))
        np.broadcast_arrays(x, 1)
        np.diagonal(x)
        np.trace(x)
        np.tril(x)
        np.triu(x)
        np.dot(x, np.swapaxes(w, -1, -2)[0])
        np.matmul(x, np.swapaxes(w, -1, -2))
        np.tensordot(x, w, axes=w.ndim)
        np.einsum("i...->...", x)
        np.inner(x, w[0])
        np.outer(x[0], w[0])
        np.kron(x[0], [1, 2])
        np.linalg.norm(x)
        np.corrcoef(np.reshape(x, (len(w), -1)))
        np.cov(np.reshape(x, (len(w), -1)))
        np.fft.fft(x)
        np.fft.rfftn(x)
        np.convolve(np.ravel(x), [1, 2])
        np.apply_along_axis(np.sum, 0, x)
        np.apply_over_axes(np.sum, x, [0, 1])
        np.lib.stride_tricks.sliding_window_view(x, 2, axis=0)
        np.lib.stride_tricks.as_strided(x, w.shape, w.strides)
        np.array2string(x)
        np.ma.masked_less(x, 10).mean()
        np.vectorize(lambda v: v + 1)(x)
        np.einsum("i...,i...->i...", x, w)
        np.einsum("i...,i...->...", x, x)
        np.pad(x, 2, mode="reflect")
        np.roll(x, (1, 2), axis=(0, 1))
        np.percentile(x, 30, axis=(0, 1))
        np.quantile(x, [0.1, 0.9], axis=-1, keepdims=True)
        np.nanmedian(x)
        np.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=(-2, -1)).mean(axis=(-2, -1))
        np.array([x, w])
        np.array([x[0], x[1]])
        np.require(x, float, "CW")
        np.ma.masked_where(w > 5, x).mean(axis=0).filled(0)
        np.block([[x, x]])
        np.c_[x, w]
        np.r_[x, w]
        [int(v) for v in np.nditer(x)]
        np.frompyfunc(lambda v: v, 1, 1)(x).astype(float)
        np.modf(x)
        np.frexp(x)
        np.histogramdd(np.reshape(x, (len(w), -1)).T, bins=2)
        np.histogram(x, bins=5, weights=w)
        np.random.default_rng(1).choice(x, 3)
        np.random.default_rng(1).permutation(x)
        np.fft.fftshift(x)
        np.linalg.svd(x.astype(float))[1].round(6)
        np.concat([x, w], axis=1)
        np.unstack(x)
        np.packbits(x > 5)
        np.cross(x[..., :3], w[..., :3])
        np.polyval([1, 2], x)
        np.testing.assert_array_equal(x, w)
        np.testing.assert_array_equal(x, w + 1)
        (a := np.zeros(w.shape), np.copyto(a, x))
        (a := np.zeros(w.shape), a.__setitem__(..., x))
        (a := np.zeros(w.shape), a.__setitem__(x > 5, 7))
        (a := np.zeros(w.shape), np.add(w, x, out=a))
        (a := np.zeros(w.shape[1:]), np.sum(x, axis=0, out=a))
        """,
    "Changing values": """
        x.__setitem__(0, 1)
        x.sort()
        x.partition(2)
        x.put(0, 1)
        x.resize(3)
        operator.iadd(x, 1)
        np.copyto(x, 0)
        np.put(x, 0, 1)
        np.putmask(x, w > 0, 1)
        np.place(x, w > 0, 1)
        np.add(w, 1, out=x)
        np.add.at(x, 0, 1)
        np.max(w, axis=0, out=x[0])
        x.T.__setitem__(0, 1)
        x.reshape(-1).__setitem__(0, 1)
        x.flat.__setitem__(0, 1)
        np.ravel(x).__setitem__(0, 1)
        x[0].__setitem__(0, 1)
        """,
    "Copies, files and other formats": """
        copy.copy(x)
        copy.deepcopy(x)
        pickle.loads(pickle.dumps(x))
        pickle.loads(x.dumps())
        saved(np.save, x)
        np.load(io.BytesIO(saved(np.savez, x)))["arr_0"]
        saved(tifffile.imwrite, x)
        memoryview(x).nbytes
        bytes(x)
        saved(np.savetxt, np.reshape(x, (len(w), -1)))
        memoryview(np.asarray(x)).nbytes
        np.asarray(x, copy=False)
        np.array(x, copy=None)
        np.asarray(x[0], copy=False)
        SimpleITK.GetArrayFromImage(SimpleITK.GetImageFromArray(x))
        np.asarray(nibabel.Nifti1Image(x, np.eye(4)).dataobj)
        xarray.DataArray(x).mean().item()
        xarray.DataArray(x)[1].values
        xarray.DataArray(x).isel(dim_0=[0, 1]).values
        (xarray.DataArray(x) + 1).values
        pandas.DataFrame(np.reshape(x, (len(w), -1))).sum().to_numpy()
        dask.from_array(x).sum().compute()
        dask.from_array(x, chunks=2).compute()
        dask.from_array(x, chunks=(1, *w.shape[1:]))[::-1, ..., 0].compute()
        dask.from_array(x, chunks=2).map_blocks(np.sqrt).compute()
        dask.from_array(x, chunks=2)[dask.from_array(w, chunks=2) > 5].compute()
        (dask.from_array(w) + x).compute()
        (x + dask.from_array(w)).compute()
        """,
    "Image processing": """
        ndimage.gaussian_filter(x, 1)
        ndimage.median_filter(x, 3)
        ndimage.zoom(x, 2, order=1)
        ndimage.rotate(x, 90)
        ndimage.affine_transform(x, np.eye(w.ndim))
        ndimage.map_coordinates(x, np.ones((w.ndim, 2)))
        ndimage.label(x > 20)
        ndimage.mean(x, w > 20)
        ndimage.center_of_mass(x)
        ndimage.binary_dilation(x)
        ndimage.sobel(x)
        ndimage.convolve(x, np.ones((2,) * w.ndim))
        ndimage.distance_transform_edt(x > 5)
        ndimage.find_objects(ndimage.label(x > 20)[0])
        filters.gaussian(x, preserve_range=True)
        filters.threshold_otsu(x)
        filters.sobel(x)
        filters.median(x)
        filters.unsharp_mask(x)
        filters.apply_hysteresis_threshold(x, 5, 20)
        exposure.rescale_intensity(x)
        exposure.equalize_hist(x)
        exposure.histogram(x)
        measure.label(x > 20)
        measure.regionprops_table(measure.label(w > 20), x, ("intensity_mean",))["intensity_mean"]
        measure.block_reduce(x, 2)
        measure.profile_line(x[0], (0, 0), (2, 3))
        measure.marching_cubes(x, 20)
        morphology.dilation(x)
        morphology.reconstruction(np.minimum(w, 5), x)
        morphology.remove_small_holes(x > 20, max_size=2)
        transform.resize(x, (2,) * w.ndim)
        transform.downscale_local_mean(x, (2,) * w.ndim)
        transform.integral_image(x)
        segmentation.watershed(x, measure.label(w > 60))
        segmentation.flood(x, (0,) * w.ndim, tolerance=20)
        segmentation.find_boundaries(x)
        feature.peak_local_max(x)
        feature.hessian_matrix(x)
        util.img_as_float(x)
        util.invert(x)
        util.view_as_blocks(x, (1,) * w.ndim)
        util.crop(x, 1)
        metrics.structural_similarity(x, w, win_size=3, data_range=100)
        registration.phase_cross_correlation(x, w)
        """,
}
"""Python, with x the array of a series, or what numpy has of it, and w always what numpy has."""
LIBRARIES = (
    *(exposure, feature, filters, measure, metrics, morphology, ndimage, nibabel, registration),
    *(segmentation, SimpleITK, tifffile, transform, util, xarray),
)
EQUAL, SAME_ERROR, REFUSED, WRONG = "equal", "same error", "refused", "**differs**"


@dataclass(frozen=True)
class Frames:
    """A source of the frames of an array."""

    values: Any

    def read(self, index: int, out: np.ndarray) -> None:
        """Read a frame."""
        out[...] = self.values[index]


def saved(save: Callable[..., None], values: object) -> bytes:
    """Return what is written to a file."""
    file = io.BytesIO()
    save(file, values)
    return file.getvalue()


def arrays(kind: str) -> tuple[LazyStack, Any]:
    """Return an array as of a series, and the same values as an array of numpy."""
    dtype, lead, frame = KINDS[kind]
    values = np.random.default_rng(3).integers(0 if kind == "RGB" else -60, 120, lead + frame)
    whole = values.astype(dtype)
    places = np.arange(np.prod(lead)).reshape(lead)
    source = Frames(whole.reshape(-1, *frame))
    stack = LazyStack(source, places, frame, np.dtype(dtype), 0, FrameCache(1 << 20))
    # What is read from files is not to be changed: numpy's array is read-only, too.
    whole.flags.writeable = False
    return stack, whole


def operations() -> list[tuple[str, str]]:
    """Return every operation with the section that it is in."""
    return [
        (section, line.strip())
        for section, lines in OPERATIONS.items()
        for line in lines.strip().splitlines()
    ]


def verdict(operation: str, x: object, w: object) -> str:
    """Return whether an operation gives the same of an array as of what numpy has of it."""
    code = compile(operation, operation, "eval")
    expected, found = result(code, w, w), result(code, x, w)
    if isinstance(found, Exception):
        return SAME_ERROR if isinstance(expected, type(found)) else REFUSED
    return EQUAL if are_equal(found, expected) else WRONG


def result(code: CodeType, x: object, w: object) -> object:
    """Return what an operation gives, or the error that it raises."""
    names = {
        "copy": copy,
        "dask": dask.array,
        "io": io,
        "np": np,
        "operator": operator,
        "pandas": pd,
        "pickle": pickle,
        "saved": saved,
        **{library.__name__.rpartition(".")[2]: library for library in LIBRARIES},
        "w": w,
        "x": x,
    }
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return eval(code, names)  # noqa: S307 - the operations above
        except Exception as error:  # noqa: BLE001 - compared as well
            return error


def are_equal(found: object, expected: object) -> bool:
    """Return whether two results are the same in type, dtype, shape and every value."""
    if isinstance(expected, Exception):
        return False
    if isinstance(expected, list | tuple):
        same = type(found) is type(expected) and len(found) == len(expected)
        return same and all(map(are_equal, found, expected))
    if isinstance(expected, np.ndarray | np.generic):
        if isinstance(found, LazyStack):
            # A copy of the array of a series is that array.
            found = np.asarray(found)
        return (
            type(found) is type(expected)
            and found.dtype == expected.dtype
            and found.shape == expected.shape
            and found.tobytes() == expected.tobytes()
        )
    return type(found) is type(expected) and bool(found == expected)


def _summary(counts: dict[str, int]) -> str:
    return (
        "`x` is the array of a series (`stack.array`), `w` the same values as a read-only array of "
        f"numpy. Of {sum(counts.values())} operations, {counts[EQUAL]} are equal: type, dtype, "
        f"shape and values are the same for all four arrays. {counts[SAME_ERROR]} raise the same "
        f"error as numpy for at least one of them. {counts[REFUSED]} are refused with an error "
        f"where numpy gives a result. {counts[WRONG]} give another result."
    )


def page() -> str:
    """Return the page in Markdown."""
    stacks = {kind: arrays(kind) for kind in KINDS}
    rows: dict[str, list[str]] = {section: [] for section in OPERATIONS}
    counts = dict.fromkeys((EQUAL, SAME_ERROR, REFUSED, WRONG), 0)
    for section, operation in operations():
        found = [verdict(operation, *stack) for stack in stacks.values()]
        worst = max(found, key=list(counts).index)
        counts[worst] += 1
        cell = operation.replace("|", "\\|")
        rows[section].append(f"| `{cell}` | {' | '.join(found)} |")
    head = f"| Operation | {' | '.join(KINDS)} |\n|---|{'---|' * len(KINDS)}"
    return (
        "\n\n".join(
            [
                "# Array operations compared with numpy",
                "Written by `python tools/array_operations.py`; do not edit by hand.",
                _summary(counts),
                *(
                    f"## {section}\n\n{head}\n" + "\n".join(lines)
                    for section, lines in rows.items()
                ),
            ]
        )
        + "\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(page().split("\n\n")[2])
