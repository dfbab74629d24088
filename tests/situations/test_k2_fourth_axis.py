"""K2: what tells the images at one position apart. Values are 100 x time (or more) + slice."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import Stack, load

from .places import situation


def stacks_of(name: str) -> tuple[Stack, ...]:
    return load(situation(name)).stacks


def values(stack: Stack) -> list[list[float]]:
    """The value of each slice, volume by volume."""
    array = np.asarray(stack.array)[..., 0, 0]
    return array.reshape(-1, array.shape[-1]).tolist()


def times(count: int, slices: int) -> list[list[float]]:
    return [[100.0 * t + z for z in range(slices)] for t in range(count)]


@pytest.mark.parametrize(
    ("name", "dimension", "right", "seconds"),
    [
        ("dyn_acqtime", "AcquisitionTime", times(3, 4), (0, 10, 20)),
        ("cine_trigger", "TriggerTime", times(5, 3), (0, 0.03, 0.06, 0.09, 0.12)),
        ("midnight", "AcquisitionTime", times(3, 3), (0, 10, 20)),
    ],
)
def test_times_are_ranked_at_each_position(name, dimension, right, seconds):
    (stack,) = stacks_of(name)
    assert values(stack) == right
    assert stack.dimension == dimension
    assert stack.axis_values.unit == "s"
    assert stack.axis_values.values == pytest.approx(seconds)
    assert stack.warnings == ()


def test_echoes_of_magnitude_and_phase_are_two_stacks():
    magnitude, phase = sorted(stacks_of("echo_by_type"), key=types)
    assert values(magnitude) == [[1000.0 + 100 * e + z for z in range(4)] for e in range(3)]
    assert np.asarray(phase.array).shape[:2] == (3, 4)
    assert {types(stack) for stack in (magnitude, phase)} == {("M",), ("P",)}
    for stack in (magnitude, phase):
        assert stack.axis_values.name == "Echo time"
        assert stack.axis_values.unit == "ms"
        assert stack.axis_values.values.tolist() == [5.0, 10.0, 15.0]


def types(stack: Stack) -> tuple[str, ...]:
    """Values 3 of Image Type in all files of a stack."""
    headers = [stack.read_header(number) for number in range(len(stack.slices))]
    return tuple(sorted({h.frames[0].dimensions["ImageType"][2] for h in headers}))


def test_phase_contrast_has_a_stack_for_each_type():
    stacks = stacks_of("pcmri")
    found = {types(stack): values(stack) for stack in stacks}
    right = {
        (name,): [[1000.0 * n + 100 * t + z for z in range(2)] for t in range(4)]
        for n, name in enumerate(("M_FFE", "M_PCA", "P_PCA"))
    }
    assert found == right


def test_enhanced_magnitude_and_phase_are_two_stacks():
    found = [values(stack) for stack in stacks_of("enh_complex")]
    assert all({v // 1000 for v in volume} == {volume[0] // 1000} for s in found for volume in s)
    assert sum(len(volume) for stack in found for volume in stack) == 8


def test_two_energies_are_two_volumes():
    found = [values(stack) for stack in stacks_of("dual_energy")]
    assert sorted(found) == [[[100.0 * e + z for z in range(5)]] for e in range(2)]


@pytest.mark.parametrize("name", ["dyn_acqtime", "echo_by_type", "pcmri", "dual_energy"])
def test_every_file_is_shown_once(name):
    files = [file for stack in stacks_of(name) for file in stack.files]
    assert sorted(files) == sorted(path.name for path in situation(name).iterdir())
