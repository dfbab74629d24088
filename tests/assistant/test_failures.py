"""What refusals say to the user."""

from __future__ import annotations

import time

from napari_medscan.assistant.failures import clock


def test_a_time_of_another_day_is_told_with_its_day():
    now = time.time()
    assert clock(now) == time.strftime("%H:%M:%S", time.localtime(now))
    later = now + 86400
    assert clock(later) == time.strftime("%H:%M on %d %B", time.localtime(later))
