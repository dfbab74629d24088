"""LoadReport: what became of every file of a drop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from napari_medscan.dicom.stack import Stack


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The stacks of a drop, and an account of every file in it.

    Parameters
    ----------
    stacks : tuple of Stack
        What can be shown.
    skipped : dict of str to str
        Name and reason of each file that is no image.
    duplicates : dict of str to str
        Name of each file that repeats another, and of that other.
    unreadable : dict of str to str
        Name and reason of each image that cannot be shown.
    warnings : tuple of str
        What the user should know about the drop as a whole.
    """

    stacks: tuple[Stack, ...] = ()
    skipped: dict[str, str] = field(default_factory=dict)
    duplicates: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def shown(self) -> int:
        """Number of files that the stacks are made of."""
        return len({name for stack in self.stacks for name in stack.files})

    @property
    def files(self) -> int:
        """Number of files in the drop."""
        return self.shown + len(self.skipped) + len(self.duplicates) + len(self.unreadable)

    def tried(self, stacks: Sequence[Stack]) -> LoadReport:
        """Return the report after trying to decode the single images among `stacks`.

        A series with a damaged slice is shown with a blank in it; an image
        that is nothing but damaged is no picture, and counts as unreadable.
        """
        single = [stack for stack in stacks if len(stack.slices) == 1]
        for stack in single:
            stack.array.frame(0)
        broken = [stack for stack in single if stack.problems]
        why = {name: s.problems[0] for s in broken for name in s.files}
        return replace(
            self,
            stacks=tuple(s for s in self.stacks if s not in broken),
            unreadable={**self.unreadable, **why},
        )

    def summary(self) -> str:
        """Return one sentence about what is not shown, '' when all is well."""
        parts = []
        if self.unreadable:
            count = len(self.unreadable)
            reasons = dict.fromkeys(self.unreadable.values())
            why = f" ({next(iter(reasons))})" if len(reasons) == 1 else ""
            parts.append(f"{_files(count)} could not be read{why}")
        if self.duplicates:
            parts.append(f"{_files(len(self.duplicates))} repeated others")
        if self.skipped:
            verb = "holds" if len(self.skipped) == 1 else "hold"
            parts.append(f"{_files(len(self.skipped))} {verb} no image")
        if not self.stacks:
            if not self.files:
                return "No DICOM image found: there is no file in it."
            return "No DICOM image found" + (": " + ", ".join(parts) if parts else "") + "."
        sentences = [*self.warnings]
        if parts:
            sentences.insert(0, ", ".join(parts))
        return " ".join(f"{s[0].upper()}{s[1:]}." for s in sentences)


def _files(count: int) -> str:
    return f"{count} file" + "s" * (count != 1)
