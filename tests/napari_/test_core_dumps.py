"""A crash leaves no pixels in a file."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import resource, sys
from pathlib import Path
from napari_medscan.dicom.errors import MedscanError
from napari_medscan.reader import get_reader
before = resource.getrlimit(resource.RLIMIT_CORE)
get_reader(sys.argv[1])(sys.argv[1])
print(resource.getrlimit(resource.RLIMIT_CORE)[0], before[0])
print(int(Path("/proc/self/coredump_filter").read_text(), 16))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="core dumps are limited in another way")
def test_opening_a_series_forbids_core_dumps(chest):
    code = f"import resource as r; r.setrlimit(r.RLIMIT_CORE, (r.RLIM_INFINITY,) * 2)\n{CODE}"
    hard = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[1])"
    limit = subprocess.run([sys.executable, "-c", hard], capture_output=True, text=True, check=True)
    if limit.stdout.strip() != "-1":
        code = CODE
    done = subprocess.run(
        [sys.executable, "-c", code, str(chest)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    limits, kept = done.stdout.strip().splitlines()[-2:]
    assert limits.split()[0] == "0"
    assert kept == "0"
