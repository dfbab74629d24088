"""Cells of the tree of tags."""

from __future__ import annotations

import pytest

from napari_medscan.widgets.panel.tag_model import broken


class TenAnyLetter:
    """Metrics of a font all letters of which are 10 pixels wide."""

    def horizontalAdvance(self, text):  # noqa: N802 - Qt's name
        return 10 * len(text)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("ISO_IR 192", "ISO_IR 192", ""),
        ("Explicit VR Little", "Explicit VR", "Little"),
        ("Explicit VRs Little", "Explicit VRs", "Little"),
        ("ORIGINAL\\PRIMARY", "ORIGINAL\\", "PRIMARY"),
        ("1.2.840.10008.5.1", "1.2.840.", "10008.5.1"),
        ("-0.123456\\0.5", "-0.123456\\", "0.5"),
        # What has no parts, or only short ones before, is cut where the line is full.
        ("2.25224725739862", "2.2522472573", "9862"),
        ("MEDSCANPHANTOMS", "MEDSCANPHANT", "OMS"),
    ],
)
def test_a_long_value_breaks_between_its_parts(text, first, second):
    assert broken(text, TenAnyLetter(), 120) == (first, second)
