"""Replacements that are the same in all files of a run, without a table of them.

Each is derived from the original by HMAC-SHA256 with a key. Without the key nobody can tell which
original a replacement belongs to, or try out whether it belongs to one they know.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from napari_medscan.dicom.elements.date_times import date_of, moment_of, seconds_of

_STANDARD: Final = "1.2.840.10008."
"""UIDs of the standard name classes and encodings, and identify nobody (PS3.5 9)."""
_CLASSES: Final = ("SOPClassUID", "TransferSyntaxUID")
_MAKERS: Final = ("1.3.12.2.1107.5.9.1", "1.3.46.670589.11.0.0.12.", "1.2.840.113619.4.")
"""SOP classes of their own."""
_MOST_DAYS: Final = 3650


def new_key() -> bytes:
    """Return a random key."""
    return secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Replacements of UIDs, of one patient's name and of his or her dates.

    Parameters
    ----------
    key : bytes
        Of the run.
    patient : str
        What tells the patient from others, the Patient ID for instance; '' if it is unknown.
    """

    key: bytes = field(repr=False)
    patient: str = field(repr=False)

    @property
    def name(self) -> str:
        """Name and ID of the patient; '' if the file does not say who it is."""
        return f"anon-{self._digest('patient', self.patient).hex()[:12]}" if self.patient else ""

    @property
    def days(self) -> int:
        """By how many days dates are set back, at least one."""
        digest = self._digest("days", self.patient)
        return 1 + int.from_bytes(digest[:8], "big") % _MOST_DAYS

    def uid(self, uid: str, keyword: str = "") -> str:
        """Return the replacement of a UID; one of a class or of the standard stays."""
        if not uid or uid.startswith(_STANDARD):
            return uid
        if keyword.endswith(_CLASSES) and uid.startswith(_MAKERS):
            return uid
        # PS3.5 B.2: derived from a UUID; version and variant are those of random ones.
        number = int.from_bytes(self._digest("uid", uid)[:16], "big")
        number = number & ~(0xF << 76) | 4 << 76
        return f"2.25.{number & ~(3 << 62) | 2 << 62}"

    def day(self, text: str) -> str:
        """Return a date (DA) set back, '' if it is none."""
        day = date_of(text.strip())
        try:
            day = day and day - timedelta(self.days)
        except OverflowError:
            return ""
        return f"{day:%Y%m%d}" if day and day.year >= 1000 else ""

    def moment(self, text: str) -> str:
        """Return a date with time (DT) set back, '' if it is none or not precise to the day."""
        text = text.strip()
        day = "" if moment_of(text) is None else self.day(text[:8])
        return day and day + text[8:]

    @staticmethod
    def time(text: str) -> str:
        """Return a time of day (TM), '' if it is none."""
        text = text.strip()
        return "" if seconds_of(text) is None else text

    def _digest(self, purpose: str, value: str) -> bytes:
        message = f"{purpose}\0{value}".encode()
        return hmac.new(self.key, message, hashlib.sha256).digest()
