"""Where the situations are: small inputs that were read or shown wrong once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..corpus.oracle import corpus_dir


def situation(name: str) -> Path:
    """Return the input of a situation, or skip the test when there is none."""
    path = corpus_dir().parent / "situations" / name / "input"
    if not path.exists():
        pytest.skip("NOT TESTED: there are no situations (set MEDSCAN_CORPUS)")
    return path
