"""What comparing came to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Verdict:
    """What came of comparing: how often it was exact, and what differs."""

    exact: int = 0
    differences: dict[str, str] = field(default_factory=dict)

    def check(self, ok: bool, what: str, detail: str) -> bool:
        """Count an exact comparison, or note the difference `what`."""
        if ok:
            self.exact += 1
        else:
            self.differences.setdefault(what, detail)
        return ok
