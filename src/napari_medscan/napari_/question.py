"""A question with two answers, of which Cancel is the one that Enter gives."""

from __future__ import annotations

from napari_medscan.napari_.gui import main_window


def is_wanted(text: str, accept: str) -> bool:
    """Ask, and return whether the answer was not Cancel.

    Parameters
    ----------
    text : str
        What is asked, with the reason in a line before it.
    accept : str
        On the button that does it.
    """
    from qtpy.QtWidgets import QMessageBox

    box = QMessageBox(
        QMessageBox.Icon.Warning,
        "MedScan",
        text,
        QMessageBox.StandardButton.Cancel,
        main_window(),
    )
    button = box.addButton(accept, QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    box.exec()
    wanted = box.clickedButton() is button
    box.deleteLater()
    return wanted
