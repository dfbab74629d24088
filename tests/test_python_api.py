"""The public API: docs/python.md runs, the package imports cheaply, names are what they say."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import napari_medscan
from napari_medscan.dicom import errors

PAGE = Path(__file__).parents[1] / "docs" / "python.md"


@pytest.mark.skipif(find_spec("nibabel") is None, reason="NOT TESTED: nibabel is not installed")
def test_examples_of_the_page_run_in_order(chest):
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 7
    names = {"folder": chest}
    for example in examples:
        exec(example, names)  # noqa: S102 - our own page


def test_the_page_names_attributes_that_a_stack_has(chest):
    stack = napari_medscan.load(chest).stacks[0]
    table = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(table) == 9
    for name in table:
        getattr(stack, name)


def test_importing_the_package_imports_no_library():
    code = "import napari_medscan, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "pydicom", "napari", "qtpy"} & set(done.stdout.split())


def test_every_public_name_is_there_and_no_other():
    for name in napari_medscan.__all__:
        assert getattr(napari_medscan, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        napari_medscan.lod  # noqa: B018
    raised = {name for name, error in vars(errors).items() if isinstance(error, type)}
    assert raised - {"LateFrameError"} <= set(napari_medscan.__all__)


def test_the_package_is_typed():
    assert (Path(napari_medscan.__file__).parent / "py.typed").exists()


def test_a_stack_is_told_in_one_line_without_a_path(chest):
    stack = napari_medscan.load(chest).stacks[0]
    text = repr(stack)
    assert text.startswith("<Stack CT")
    assert "zyx 6×32×32, int16 HU" in text
    assert len(text) < 200
    assert str(chest) not in text


def test_paths_are_those_of_the_files_in_stack_order(chest):
    stack = napari_medscan.load(chest).stacks[0]
    assert len(stack.paths) == 6
    assert set(stack.paths) == {path for path in chest.rglob("*") if path.is_file()}
    assert [path.name for path in stack.paths] == [Path(name).name for name in stack.files]


def test_positions_and_affines_agree(chest):
    stack = napari_medscan.load(chest).stacks[0]
    for number, position in enumerate(stack.positions):
        assert stack.affine @ [number, 0, 0, 1] == pytest.approx([*position, 1])
        assert stack.affine_ras @ [number, 0, 0, 1] == pytest.approx(
            [-position[0], -position[1], position[2], 1]
        )
    assert stack.spacing == stack.geometry.spacing


def test_errors_survive_pickling():
    """As when they are raised in another process."""
    error = pickle.loads(pickle.dumps(napari_medscan.GeometryError("not known")))  # noqa: S301
    assert isinstance(error, ValueError)
    assert str(error) == "not known"


def test_places_of_an_image_without_a_place_raise(tmp_path):
    from .studies import write_series

    write_series(tmp_path, 1, ImagePositionPatient=None, ImageOrientationPatient=None)
    (stack,) = napari_medscan.load(tmp_path).stacks
    assert stack.affine is None
    assert stack.affine_ras is None
    assert np.isnan(stack.positions).all()
    with pytest.raises(napari_medscan.GeometryError, match="not known"):
        stack.to_patient([0, 0, 0])
