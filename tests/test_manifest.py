"""Which files napari offers to the plugin, and that every command exists."""

from __future__ import annotations

import importlib
from pathlib import Path

import npe2
import pytest

MANIFEST = Path(__file__).parent.parent / "napari.yaml"


@pytest.fixture(scope="module")
def manifest():
    return npe2.PluginManifest.from_file(MANIFEST)


@pytest.fixture(scope="module")
def offered(manifest):
    """Ask npe2 whether it would offer a file of this name to the plugin."""
    manager = npe2.PluginManager()
    manager.register(manifest)

    def ask(name):
        return any(
            reader.plugin_name == "napari-medscan"
            for reader in manager.iter_compatible_readers([name])
        )

    return ask


DICOM = [
    "disc.zip",
    "DISC.ZIP",
    "study.tar",
    "study.tgz",
    "study.tar.gz",
    "a.dcm.gz",
    "a.dcm",
    "A.DCM",
    "a.b.dcm",
    "scan.dicom",
    "SCAN.IMA",
    "PATIENT.MR.HEAD.0001.0001.2020.01.01.12.00.00.0000.IMA",
    "IM0001",
    "IM_0001",
    "im",
    "I",
    "00000001",
    "DICOMDIR",
    "dicomdir",
    "1.2.840.113619.2.5.1762583153.215519.978957063.78",
    "1.3.12.2.1107.5.2.19.45152",
    "MR000001",
    "ÜBUNG 1",
    "x" * 64,
]
OTHERS = [
    "a.tif",
    "a.ome.tif",
    "1.tif",
    "1.2.tif",
    "a.tiff",
    "a.png",
    "a.jpg",
    "a.txt",
    "README.md",
    "a.nii",
    "a.nii.gz",
    "a.zarr",
    "a.csv",
    "a.pdf",
    "a.exe",
    ".hidden",
    "a.b",
]


@pytest.mark.parametrize("folder", ["", "/media/cd rom/", "relative/"])
@pytest.mark.parametrize("name", DICOM)
def test_names_of_dicom_files_are_offered(offered, folder, name):
    assert offered(folder + name)


@pytest.mark.parametrize("folder", ["", "/media/cd rom/", "/1.2.3.4.5/", "/data.d/"])
@pytest.mark.parametrize("name", OTHERS)
def test_names_of_other_files_are_not(offered, folder, name):
    assert not offered(folder + name)


def test_folders_are_offered(offered, tmp_path):
    assert offered(str(tmp_path))


def test_no_pattern_takes_every_file(manifest):
    """Else napari would ask which reader to use for every .tif."""
    (reader,) = manifest.contributions.readers
    assert reader.accepts_directories
    for pattern in reader.filename_patterns:
        assert set(pattern) - set("*.?"), f"{pattern} takes every file"


def test_extensionless_patterns_reach_from_1_to_64_characters(manifest):
    (reader,) = manifest.contributions.readers
    spelled = {p for p in reader.filename_patterns if p.strip("[!.]") == ""}
    assert spelled == {"[!.]" * n for n in range(1, 65)}


def test_every_command_leads_to_a_function(manifest):
    for command in manifest.contributions.commands:
        module, name = command.python_name.split(":")
        assert callable(getattr(importlib.import_module(module), name)), command.id


def test_the_package_carries_the_same_manifest(manifest):
    installed = npe2.PluginManifest.from_distribution("napari-medscan")
    assert installed.contributions == manifest.contributions
