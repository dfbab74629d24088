"""Planes on the pixel grid of other planes: every flip and transpose, and nothing else."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from napari_medscan.dicom.space.grid_fit import fit_plane, turn_between

ROW, COLUMN = np.array([0.8, 0.6, 0.0]), np.array([-0.6, 0.8, 0.0])
"""An oblique plane."""
TURNS = list(product((False, True), (False, True), (False, True)))


def oriented(row, column):
    return tuple(float(x) for x in (*row, *column))


@pytest.mark.parametrize(("transposed", "flip_rows", "flip_columns"), TURNS)
def test_fit_plane_any_turn_puts_every_pixel_at_its_place(transposed, flip_rows, flip_columns):
    """The place of each pixel is computed from its own plane, without the code under test."""
    other = (5.0, -3.0, 7.0), oriented(ROW, COLUMN), (0.5, 0.75)
    own_row, own_column = (COLUMN, ROW) if transposed else (ROW, COLUMN)
    row_sign = -1 if (flip_rows if transposed else flip_columns) else 1
    column_sign = -1 if (flip_columns if transposed else flip_rows) else 1
    own_row, own_column = own_row * row_sign, own_column * column_sign
    spacing = (0.75, 0.5) if transposed else (0.5, 0.75)
    shape = (3, 4)
    pixels = np.arange(1, 13).reshape(shape)
    anchor = np.array(other[0]) + 0.75 * 10 * ROW + 0.5 * 12 * COLUMN
    plane = tuple(anchor.tolist()), oriented(own_row, own_column), spacing
    fit = fit_plane(plane, shape, other, (20, 30))
    assert fit is not None
    target = np.zeros((20, 30), int)
    turned = fit.turn.apply(pixels)
    target[fit.row : fit.row + turned.shape[0], fit.column : fit.column + turned.shape[1]] = turned
    for (r, c), value in np.ndenumerate(pixels):
        place = anchor + own_row * spacing[1] * c + own_column * spacing[0] * r - other[0]
        assert target[round(place @ COLUMN / 0.5), round(place @ ROW / 0.75)] == value


def test_fit_plane_a_tenth_of_a_pixel_off_is_no_fit():
    other = (0.0, 0.0, 0.0), oriented(ROW, COLUMN), (1.0, 1.0)
    for off, fits in ((0.05, True), (0.2, False)):
        at = tuple((ROW * (2 + off)).tolist())
        found = fit_plane((at, other[1], (1.0, 1.0)), (4, 4), other, (9, 9))
        assert (found is not None) is fits


def test_fit_plane_beyond_the_image_is_no_fit():
    other = (0.0, 0.0, 0.0), oriented(ROW, COLUMN), (1.0, 1.0)
    for columns, fits in ((9, True), (10, False)):
        found = fit_plane((other[0], other[1], (1.0, 1.0)), (4, columns), other, (9, 9))
        assert (found is not None) is fits


def test_turn_between_planes_that_cross_is_none():
    axial, coronal = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
    assert turn_between(axial, axial) is not None
    assert turn_between(coronal, axial) is None
