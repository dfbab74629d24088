"""Say at the end what was compared, and say it loudly when nothing could be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .oracle import corpus_dir
from .tally import Tally

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

TALLY = pytest.StashKey[Tally]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TALLY] = Tally()


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    return request.config.stash[TALLY]


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    count = config.stash[TALLY]
    if count.absent:
        terminalreporter.section("corpus of real DICOM: NOT TESTED", sep="!", red=True, bold=True)
        terminalreporter.write_line(f"WARNING: there is no corpus in {corpus_dir()}", yellow=True)
        terminalreporter.write_line("WARNING: set MEDSCAN_CORPUS to where it is.", yellow=True)
    elif count.cases:
        terminalreporter.section("corpus of real DICOM")
        terminalreporter.write_line(str(count))
        for line in count.unexplained:
            terminalreporter.write_line(f"  unexplained: {line}", red=True)
