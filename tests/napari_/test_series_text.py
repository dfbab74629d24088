"""What is written about a series."""

from __future__ import annotations

import pytest

from napari_medscan.dicom import load
from napari_medscan.napari_.series_text import (
    details_of,
    ended,
    first_sentence,
    first_words,
    size_text,
    warnings_of,
)

from ..studies import HOSTILE, damage, write_series


def opened(folder, slices=3, **changes):
    write_series(folder, slices, **changes)
    (stack,) = load(folder).stacks
    return stack


@pytest.mark.parametrize(
    ("slices", "changes", "text"),
    [
        (3, {}, "3 slices · 6 × 4"),
        (1, {}, "6 × 4"),
        (
            4,
            {
                "ImagePositionPatient": lambda i: [0, 0, 2 * (i // 2)],
                "TemporalPositionIdentifier": lambda i: i % 2 + 1,
            },
            "2 slices × 2 time points · 6 × 4",
        ),
        (
            4,
            {
                "ImagePositionPatient": lambda i: [0, 0, 2 * (i // 2)],
                "EchoTime": lambda i: i % 2 + 1,
            },
            "2 slices × 2 volumes · 6 × 4",
        ),
        (
            1,
            {
                "Modality": "US",
                "NumberOfFrames": 2,
                "FrameTime": 40,
                "PixelData": bytes(2 * 48),
                "ImagePositionPatient": None,
                "ImageOrientationPatient": None,
            },
            "2 frames · 6 × 4",
        ),
    ],
    ids=["slices", "one image", "time points", "echoes", "clip"],
)
def test_size_text_counts_slices_and_frames(tmp_path, slices, changes, text):
    assert size_text(opened(tmp_path, slices, **changes)) == text


def test_details_of_uncalibrated_series_have_its_warnings(tmp_path):
    assert details_of(opened(tmp_path, 1, PixelSpacing=None)) == [
        "CT 3 · Chest",
        "6 × 4",
        "Pixel size unknown",
        "Warning: No calibration: distances are in pixels, not mm.",
    ]


def test_details_of_a_hostile_name_are_plain_text(tmp_path):
    assert "<" not in "".join(details_of(opened(tmp_path, SeriesDescription=HOSTILE)))


def test_warnings_of_a_series_with_a_blank_slice(tmp_path):
    stack = opened(tmp_path)
    damage(tmp_path / "s3_2.dcm")
    assert warnings_of(stack) == []
    stack.array.frame(1)
    (warning,) = warnings_of(stack)
    assert warning.startswith("1 slice is blank (")


@pytest.mark.parametrize(
    ("warning", "sentence", "words"),
    [
        ("Gantry tilt 18.5°. Correct it first", "Gantry tilt 18.5°", "Gantry tilt 18.5°"),
        ("No calibration: in pixels", "No calibration: in pixels", "No calibration"),
        (
            "1 slice is missing (left blank)",
            "1 slice is missing (left blank)",
            "1 slice is missing",
        ),
    ],
)
def test_first_sentence_and_first_words_leave_the_rest_out(warning, sentence, words):
    assert first_sentence(warning) == sentence
    assert first_words(warning) == words


def test_ended_adds_what_a_sentence_lacks():
    assert [ended(text) for text in ("a", "B.", "c…")] == ["A.", "B.", "C…"]
