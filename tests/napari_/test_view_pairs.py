"""What is opened is what is seen, whatever was opened and arranged before: pairs of real cases."""

from __future__ import annotations

import os
import sys
import time

import pytest

from ..view_session import NO_CORPUS, TURNS, WAYS, corpus

SEED = 13
MOST_SERIES = 2
"""Of a case, so that the pairs take half a minute; `make torture` takes all cases."""
PAIRS = len(TURNS) * len(WAYS)
TORTURE_SECONDS = float(os.environ.get("MEDSCAN_TORTURE_SECONDS", "0"))
TORTURE_SEED = int(os.environ.get("MEDSCAN_TORTURE_SEED", "0"))

pytestmark = pytest.mark.skipif(not corpus().reports, reason=NO_CORPUS)


@pytest.fixture(scope="module")
def pairs():
    """Every way of opening after every turn of the view, no case twice."""
    chosen, cases = {}, set()
    for pair in corpus().pairs(SEED, MOST_SERIES):
        if (pair.turn, pair.way) not in chosen and not {pair.first, pair.second} & cases:
            chosen[pair.turn, pair.way] = pair
            cases |= {pair.first, pair.second}
    assert len(chosen) == PAIRS
    return list(chosen.values())


@pytest.mark.parametrize("number", range(PAIRS))
def test_opened_case_is_seen_upright_and_alone(view_session, pairs, number):
    assert view_session.faults_of_pair(pairs[number]) == [], str(pairs[number])


@pytest.mark.skipif(not TORTURE_SECONDS, reason="runs for an hour: make torture")
def test_torture_opened_case_is_seen_upright_and_alone(view_session, capsys):
    end, tried, faults = time.monotonic() + TORTURE_SECONDS, 0, []
    for pair in corpus().pairs(TORTURE_SEED):
        if time.monotonic() > end:
            break
        tried += 1
        try:
            found = view_session.faults_of_pair(pair)
        except Exception as error:  # noqa: BLE001 - the next pair is worth trying
            found = [repr(error)]
        faults += [f"{pair}: {fault}" for fault in found]
    with capsys.disabled():
        sys.stdout.write(f"\n{tried} pairs of seed {TORTURE_SEED}, {len(faults)} faults\n")
    assert tried
    assert not faults, f"seed {TORTURE_SEED}, {tried} pairs\n" + "\n".join(faults)
