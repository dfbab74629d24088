"""From an image on screen to an answer, by a real mouse, in few actions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ...x_input import why_missing

MOST = {
    "first": 5,
    "later": 3,
    "ultrasound": 4,
    "series": 5,
    "follow-up": 1,
    "ultrasound, follow-up": 1,
    "series, follow-up": 1,
}


IS_SHARED = "PYTEST_XDIST_WORKER" in os.environ and shutil.which("xvfb-run") is not None
"""Whether windows of other tests may be on this screen; there is another one then."""
SCREEN = ("xvfb-run", "-a", "-s", "-screen 0 1600x1000x24") if IS_SHARED else ()


@pytest.mark.skipif(bool(why_missing()), reason=why_missing())
@pytest.mark.skipif(not os.environ.get("MEDSCAN_TORTURE"), reason="for make torture")
@pytest.mark.usefixtures("qapp")
def test_an_answer_takes_few_actions(tmp_path):
    script = Path(__file__).with_name("actions_session.py")
    home = tmp_path / "home"
    home.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "NAPARI"))}
    done = subprocess.run(
        [*SCREEN, sys.executable, script, tmp_path],
        env={**kept, "HOME": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert set(counts) == set(MOST)
    assert {k: n for k, n in counts.items() if n > MOST[k]} == {}, counts
