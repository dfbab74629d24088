"""What can go wrong with a file, as one tree.

::

    MedscanError                    root; its text is for the user
    ├── NotDicomError               not DICOM at all: listed as skipped
    ├── NoImageError                DICOM without an image: listed as skipped
    ├── UnreadableError             an image that cannot be displayed: listed as unreadable
    │   └── FrameError              one frame of it: left blank and marked
    │       └── LateFrameError      decoding it took too long: may succeed at a second attempt
    ├── GeometryError               what was asked needs a place or an even spacing it has not
    └── CancelledError              the user pressed Cancel

The text of an error about one file is a phrase that a sentence can quote: "truncated pixel data".
It never contains a tag value, a file name or a path, because those can identify a patient.
"""

from __future__ import annotations


class MedscanError(Exception):
    """Root of every error this package raises on purpose."""


class NotDicomError(MedscanError):
    """The bytes are not a DICOM file."""


class NoImageError(MedscanError):
    """A DICOM object that holds no picture (a report, a plan, a directory …)."""


class UnreadableError(MedscanError):
    """A DICOM image that is damaged, incomplete or of an unsupported kind."""


class FrameError(UnreadableError):
    """One frame cannot be read or decoded; the others may be fine."""


class LateFrameError(FrameError):
    """Decoding one frame took longer than its deadline."""


class GeometryError(MedscanError, ValueError):
    """What was asked for needs a place in the patient, or an even spacing, that a series lacks."""


class CancelledError(MedscanError):
    """The user asked to stop."""
