"""No volume mixes meanings or times, no file is lost, and every warning is true."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
from hypothesis import example, given, settings

from napari_medscan.dicom.series.overlaps import BY_RUN, EXTRAS
from napari_medscan.dicom.series.repeats import BY_NAME, BY_NUMBER, REPEATED

from ..building import AXIAL, stacks_of
from .phantoms_4d import Phantom, phantoms

EXAMPLES = 2000 if os.environ.get("MEDSCAN_TORTURE") else 100
NUMBERED = {BY_NUMBER, BY_RUN, REPEATED.format("instance number")}
DOUBTFUL = NUMBERED | {BY_NAME, EXTRAS}
"""Warnings that the order of the volumes is a guess."""


TWO_SLICES = Phantom(
    meanings=2,
    times=2,
    slices=2,
    step=1.0,
    told_by=frozenset({"ComplexImageComponent"}),
    timed_by=frozenset({"ImageIndex of slices"}),
    numbers="by time",
    jitter=0.0,
    lost=1,
    orientation=AXIAL,
    seed=0,
)
"""The second of two slices is lost, and the next volume starts where the first one did."""


@given(phantoms())
@example(TWO_SLICES)
@settings(deadline=None, max_examples=EXAMPLES)
def test_volumes_are_pure_and_complete_or_a_warning_says_so(phantom):
    headers, cells = phantom.headers()
    names = {header.name: cell for header, cell in zip(headers, cells, strict=True)}
    stacks = stacks_of(headers)
    shown = Counter(name for stack in stacks for name in stack.files)
    assert shown == Counter(list(names))
    for stack in stacks:
        places = stack.array.places.reshape(-1, stack.array.places.shape[-1])
        doubts = DOUBTFUL & set(stack.warnings)
        for volume in places:
            found = [names[stack.slices[number].name] for number in volume if number >= 0]
            slices = [z for _, _, z in found]
            assert slices in (sorted(set(slices)), sorted(set(slices), reverse=True))
            assert len({m for m, _, _ in found}) == 1 or (doubts and not phantom.told_by)
            assert len({t for _, t, _ in found}) == 1 or (doubts and not phantom.timed_by)
        if BY_NAME in doubts:
            assert phantom.numbers in ("restarting", "none")
        if doubts & NUMBERED:
            assert phantom.numbers != "none"
            assert not (phantom.told_by and phantom.timed_by)
        blank = int((stack.array.places < 0).sum())
        told = any("missing (left blank)" in text for text in stack.warnings)
        assert told == (blank > 0)
        assert not blank or phantom.lost is not None
        if phantom.jitter == 0 or stack.axes.startswith("t"):
            assert not any("uneven" in text for text in stack.warnings)
        if stack.axes.startswith("t"):
            assert len(stack.axis_values.values) == len(places)
        assert np.isfinite(stack.geometry.spacing).all()
