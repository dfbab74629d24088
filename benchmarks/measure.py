"""Contestants that take turns, each in a process of its own, and the medians of their times."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from studies import Studies

HERE = Path(__file__).parent
NO_INDEX = {"MEDSCAN_INDEX": "off"}


class FailedError(Exception):
    """A contestant did not do what was asked; the text says why."""


class Child:
    """A process that runs tasks and times them inside; see child.py.

    Parameters
    ----------
    python : Path or str
        Its interpreter.
    env : mapping
        What is added to the environment.
    """

    def __init__(
        self, python: Path | str = sys.executable, env: Mapping[str, str] | None = None
    ) -> None:
        self._process = subprocess.Popen(
            [str(python), str(HERE / "child.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Modules are compiled once, as in an installation, whatever this shell says.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(env or {})},
            text=True,
        )

    def run(self, task: str, *arguments: object) -> dict[str, Any]:
        """Run "module:function" and return what the child tells of it.

        Raises
        ------
        FailedError
            When the task raised or the process ended.
        """
        module, _, name = task.partition(":")
        request = {"module": module, "task": name, "arguments": [_plain(a) for a in arguments]}
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - it is a pipe
        assert stdout is not None  # noqa: S101
        try:
            stdin.write(json.dumps(request) + "\n")
            stdin.flush()
            line = stdout.readline()
        except OSError:
            line = ""
        if not line:
            raise FailedError("the process ended")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise FailedError(reply["error"])
        return reply

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def once(
    task: str,
    *arguments: object,
    python: Path | str = sys.executable,
    env: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Run a task in a new process."""
    with Child(python, env) as child:
        return child.run(task, *arguments)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


@dataclass
class Contestant:
    """Who takes part in a comparison.

    Parameters
    ----------
    name : str
        As the table calls it.
    task : str
        "module:function", called with the arguments of the comparison.
    python : Path or str
        The interpreter it runs with.
    env : dict
        What is added to its environment.
    anew : bool
        Whether every turn has a new process. Otherwise one process takes all
        of its turns, and an uncounted one before them.
    """

    name: str
    task: str
    python: Path | str = sys.executable
    env: Mapping[str, str] = field(default_factory=dict)
    anew: bool = False


@dataclass
class Timing:
    """The times of one contestant, in seconds; `failure` says why there are none."""

    times: list[float] = field(default_factory=list)
    failure: str = ""

    @property
    def median(self) -> float:
        """The median, not a number when it failed."""
        return statistics.median(self.times) if self.times else float("nan")


def compare(
    contestants: Sequence[Contestant],
    arguments: Sequence[object],
    rounds: int,
    *,
    budget: float = 8.0,
) -> dict[str, Timing]:
    """Let contestants take turns.

    Parameters
    ----------
    contestants : sequence of Contestant
        Ours is the first.
    arguments : sequence
        Given to every task.
    rounds : int
        Turns of each.
    budget : float
        Who has taken so many seconds has no further turn: the slow ones would
        take all of the time there is.
    """
    timings = {contestant.name: Timing() for contestant in contestants}
    spent = dict.fromkeys(timings, 0.0)
    children: dict[str, Child] = {}
    try:
        for turn in range(-1, rounds):
            for contestant in contestants:
                timing = timings[contestant.name]
                if timing.failure or (timing.times and spent[contestant.name] > budget):
                    continue
                seconds = _turn(contestant, arguments, children, timing)
                spent[contestant.name] += seconds
                # The first turn imports and warms up; the slow are not asked twice.
                if not timing.failure and (turn >= 0 or seconds > budget / 2):
                    timing.times.append(seconds)
    finally:
        for child in children.values():
            child.close()
    return timings


def _turn(
    contestant: Contestant, arguments: Sequence[object], children: dict[str, Child], timing: Timing
) -> float:
    try:
        if contestant.anew:
            env, python = contestant.env, contestant.python
            return float(once(contestant.task, *arguments, python=python, env=env)["seconds"])
        if contestant.name not in children:
            children[contestant.name] = Child(contestant.python, contestant.env)
        return float(children[contestant.name].run(contestant.task, *arguments)["seconds"])
    except FailedError as error:
        timing.failure = str(error)
        return 0.0


@dataclass
class Table:
    """One table of the page.

    Parameters
    ----------
    title : str
        What is compared.
    note : str
        What has to be known to read it.
    columns : list of str
        Headings.
    rows : list of list of str
        Cells.
    """

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    note: str = ""


def ratios(title: str, timings: Mapping[str, Timing], note: str = "") -> Table:
    """Return a table of medians, each also as a ratio to the first."""
    ours = next(iter(timings.values())).median
    table = Table(title, ["who", "ms", "times ours", "turns"], note=note)
    for name, timing in timings.items():
        if timing.failure:
            table.rows.append([name, f"failed: {shortened(timing.failure)}", "", ""])
            continue
        ratio = timing.median / ours
        cells = [milliseconds(timing.median), f"{ratio:,.2f}", str(len(timing.times))]
        table.rows.append([name, *cells])
    return table


def milliseconds(seconds: float) -> str:
    """Return seconds as milliseconds for a table."""
    return f"{seconds * 1e3:,.1f}" if seconds < 10 else f"{seconds * 1e3:,.0f}"


def megabytes(size: float) -> str:
    """Return bytes as MB for a table."""
    return f"{size / 1e6:,.0f}"


def shortened(text: str, length: int = 90) -> str:
    """Return a text that fits into a cell."""
    text = text.replace("|", "/")
    return text if len(text) <= length else text[: length - 1] + "…"


@dataclass
class Topic:
    """What measuring one topic gives.

    Parameters
    ----------
    tables : list of Table
        For the page.
    found : dict of str to float
        What goals are judged by, see goals.py.
    """

    tables: list[Table] = field(default_factory=list)
    found: dict[str, float] = field(default_factory=dict)

    def compare(
        self,
        title: str,
        contestants: Sequence[Contestant],
        folder: Path,
        rounds: int,
        note: str = "",
    ) -> dict[str, Timing]:
        """Add a table that compares contestants at one folder."""
        timings = compare(contestants, (folder,), rounds)
        self.tables.append(ratios(title, timings, note))
        return timings


@dataclass(frozen=True)
class Bench:
    """What all topics share.

    Parameters
    ----------
    studies : Studies
        Data.
    peers : Path
        Interpreter of the peers.
    scratch : Path
        A folder to write to.
    quick : bool
        Whether to take a tenth of everything: to try out, not to publish.
    """

    studies: Studies
    peers: Path
    scratch: Path
    quick: bool = False

    @property
    def rounds(self) -> int:
        """Turns of each contestant."""
        return 2 if self.quick else 7

    def count(self, full: int) -> int:
        """Return a number of files or frames, fewer when it shall be quick."""
        return max(full // 10, 8) if self.quick else full

    def peer(self, name: str, task: str) -> Contestant:
        """Return a contestant of peers.py."""
        return Contestant(name, f"peers:{task}", self.peers)
