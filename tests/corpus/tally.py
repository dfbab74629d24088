"""What the corpus tests compared, for the terminal summary."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts over all cases that ran."""

    absent: bool = False
    cases: int = 0
    stacks: int = 0
    files: int = 0
    exact: int = 0
    explained: int = 0
    unexplained: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.cases} cases, {self.stacks} stacks, {self.files} files: {self.exact} exact, "
            f"{self.explained} explained differences, {len(self.unexplained)} unexplained"
        )
