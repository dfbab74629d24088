"""What is raised when an array cannot be read in full."""

from __future__ import annotations

from napari_medscan.counted import agreeing
from napari_medscan.errors import CancelledError, UnreadableError


class UnreadableFramesError(UnreadableError):
    """Raised when frames that were asked for are missing or cannot be read.

    Parameters
    ----------
    bad : int
        How many of the frames that were asked for.
    asked : int
        How many frames were asked for.
    """

    def __init__(self, bad: int, asked: int) -> None:
        super().__init__(bad, asked)
        self.bad, self.asked = bad, asked

    def __str__(self) -> str:
        """Say how many, and what helps."""
        if self.asked == 1:
            what = "The slice that was asked for is"
        else:
            verb = agreeing(self.bad, "is")
            what = f"{self.bad:,} of the {self.asked:,} slices that were asked for {verb}"
        return (
            f"{what} missing or cannot be read. "
            "`stack.valid` says which slices hold data; "
            '`stack.read(errors="blank")` leaves the others blank.'
        )


class UnreadableTilesError(UnreadableFramesError):
    """Raised when tiles that were asked for are missing or cannot be read."""

    def __str__(self) -> str:
        """Say how many, and what helps."""
        verb = agreeing(self.bad, "is")
        return (
            f"{self.bad:,} of the {self.asked:,} tiles that were asked for {verb} missing or "
            "cannot be read. `array.display[rows, columns]` leaves them blank."
        )


class ReadCanceledError(CancelledError):
    """Raised when the user cancels the reading of many frames: nothing of it is handed out."""

    def __init__(self) -> None:
        super().__init__()

    def __str__(self) -> str:
        """Say that it was canceled."""
        return "Reading was canceled."
