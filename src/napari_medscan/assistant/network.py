"""network (being written)"""
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """expected, unexpected: counts of connections of this process since watching began."""

    expected: int
    unexpected: int

    @property
    def text(self) -> str:
        """'Network: not used in this session' / 'Network: used 2 times (see the audit)' …"""


def watch() -> None:
    """Begin to count (once a process)."""


def usage() -> Usage:
    """What was counted."""
