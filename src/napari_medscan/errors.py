"""What this package raises on purpose, as one tree.

::

    MedscanError                    root; its text is for the user
    ├── NotDicomError               not DICOM at all: listed as skipped
    ├── NoImageError                DICOM without an image: listed as skipped
    ├── UnreadableError             an image that cannot be displayed: listed as unreadable
    │   ├── FrameError              one frame of it: left blank and marked
    │   │   └── LateFrameError      decoding it took too long: may succeed at a second attempt
    │   └── UnreadableFramesError   frames that an array was asked for are missing or unreadable
    │       └── UnreadableTilesError  tiles of a slide
    ├── GeometryError               what was asked needs a place or an even spacing it has not
    ├── CancelledError              the user pressed Cancel
    │   └── ReadCanceledError       while many frames were read
    ├── MeasureError                measure/: what cannot be measured
    ├── ExportError                 export/: what cannot be written as asked
    │   └── OptionNeededError       or only if an option allows it
    ├── ImageError, NotConfirmedError  privacy/: an image that may not leave
    └── AssistantError              assistant/errors: a tree of its own

The roots are here, and each room defines its own. The text of an error about one file is a phrase
that a sentence can quote: "truncated pixel data". It never contains a tag value, a file name or a
path, because those can identify a patient.
"""

from __future__ import annotations


class MedscanError(Exception):
    """Root of every error this package raises on purpose."""


class UnreadableError(MedscanError):
    """A DICOM image that is damaged, incomplete or of an unsupported kind."""


class CancelledError(MedscanError):
    """The user asked to stop."""
