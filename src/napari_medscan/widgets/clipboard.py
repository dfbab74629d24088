"""Copying text."""

from __future__ import annotations

from qtpy.QtGui import QGuiApplication


def copy_text(text: str) -> None:
    """Put a text on the clipboard; a platform without one keeps nothing."""
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)
