"""What is measured of other readers; runs in their environment, see peer_venv.py."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path


def open_pydicom(folder: str) -> None:
    """Read the headers, sort by position, read a slice."""
    import pydicom

    paths = list(Path(folder).iterdir())
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]
    first = min(zip(headers, paths, strict=True), key=lambda of: float(of[0].InstanceNumber))
    pydicom.dcmread(first[1]).pixel_array  # noqa: B018 - it decodes


def open_frames_pydicom(folder: str) -> None:
    """Read the header and the place of every frame of one file, read a frame."""
    import pydicom
    from pydicom.pixels import pixel_array

    (path,) = Path(folder).iterdir()
    frames = pydicom.dcmread(path, stop_before_pixels=True).PerFrameFunctionalGroupsSequence
    places = [float(f.PlanePositionSequence[0].ImagePositionPatient[2]) for f in frames]
    pixel_array(path, index=places.index(min(places)))


def headers_pydicom(folder: str) -> None:
    """Read the header of every DICOM file below a folder."""
    import pydicom
    from pydicom.errors import InvalidDicomError

    for path in Path(folder).rglob("*"):
        if path.is_file():
            try:
                pydicom.dcmread(path, stop_before_pixels=True)
            except InvalidDicomError:
                continue


def open_simpleitk(folder: str) -> None:
    """Sort the files of a series, read the geometry and a slice."""
    import SimpleITK

    names = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(folder)
    SimpleITK.ReadImage(names[0])


def volume_pydicom(folder: str) -> None:
    """Read and sort all files, stack their pixels in Hounsfield units."""
    import numpy as np
    import pydicom

    files = [pydicom.dcmread(path) for path in Path(folder).iterdir()]
    files.sort(key=lambda file: float(file.ImagePositionPatient[2]))
    np.stack([f.pixel_array.astype(np.int16) + np.int16(f.RescaleIntercept) for f in files])


def volume_simpleitk(folder: str) -> None:
    """Read a series by ITK's reader."""
    import SimpleITK

    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
    SimpleITK.GetArrayViewFromImage(reader.Execute())


def volume_highdicom(folder: str) -> None:
    """Read a series as highdicom's Volume."""
    import highdicom
    import pydicom

    files = [pydicom.dcmread(path) for path in Path(folder).iterdir()]
    highdicom.get_volume_from_series(files)


def napari_itk_io(folder: str) -> None:
    """Call the reader function that napari would call."""
    from napari_itk_io._reader import napari_get_reader

    napari_get_reader(folder)(folder)


def napari_medical_image_formats(folder: str) -> None:
    """Call the reader function that napari would call."""
    from napari_medical_image_formats import napari_get_reader

    napari_get_reader(folder)(folder)


def dcm2niix(folder: str) -> None:
    """Convert a series to an uncompressed NIfTI file."""
    _dcm2niix(folder, "n")


def dcm2niix_gz(folder: str) -> None:
    """Convert a series to a compressed NIfTI file, without other programs."""
    _dcm2niix(folder, "i")


def dcm2niix_archive(folder: str) -> dict[str, float]:
    """Convert all series below a folder to compressed NIfTI files."""
    _dcm2niix(folder, "i", "-d", "5")
    # Windows has no such module.
    import resource

    return {"peak": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024}


def _dcm2niix(folder: str, compression: str, *options: str) -> None:
    import dcm2niix as package

    with tempfile.TemporaryDirectory() as target:
        command = [package.bin, "-z", compression, "-b", "n", "-f", "out_%s", "-o", target]
        subprocess.run([*command, *options, folder], check=True, stdout=subprocess.DEVNULL)
        if not any(".nii" in path.name for path in Path(target).iterdir()):
            raise RuntimeError("it wrote no image")
