"""Where the situations lie: small inputs that were reported as read wrong, beside the corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..corpus.oracle import corpus_dir


def situation(name: str) -> Path:
    """Return the input of a situation; skip the test if it is not there."""
    path = corpus_dir().parent / "situations" / name / "input"
    if not path.is_dir():
        pytest.skip("NOT TESTED: there are no situations (set MEDSCAN_CORPUS)")
    return path
