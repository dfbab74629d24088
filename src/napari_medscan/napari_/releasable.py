"""What works until it is released."""

from __future__ import annotations

from typing import Protocol


class Releasable(Protocol):
    """Something that works until it is released."""

    def release(self) -> None:
        """Stop, and leave no trace."""
