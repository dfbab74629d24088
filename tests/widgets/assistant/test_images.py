"""Which images a question is about."""

from __future__ import annotations

import pytest

from napari_medscan.widgets.assistant.images import KEY, SPREAD, ImageChoice


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("which", [SPREAD, KEY])
def test_several_images_are_not_blended_although_the_box_is_ticked(which):
    """They are of one layer: compared with a blend, they would be prepared again for ever."""
    images = ImageChoice()
    images.blended.value = True
    assert images.is_blended
    images.which.value = which
    assert not images.is_blended
