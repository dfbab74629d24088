"""The key of a service: where it comes from, and a field to enter another."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from napari_medscan.assistant.errors import MissingKeyError
from napari_medscan.assistant.hosts import Endpoint
from napari_medscan.assistant.keys import Key, Keys, Source
from napari_medscan.assistant.providers import Provider
from napari_medscan.napari_.background_task import Latest
from napari_medscan.widgets.assistant.fields import narrow
from napari_medscan.widgets.assistant.texts import PlainLabel

_SESSION, _KEYRING = "For this session", "In the system keyring"
_FROM = {
    Source.ENVIRONMENT: "Key from an environment variable.",
    Source.KEYRING: "Key from the system keyring.",
    Source.SESSION: "Key entered for this session.",
}


class KeyForm(QWidget):
    """Enters and removes keys; never shows one.

    Parameters
    ----------
    keys : Keys
        Where they are.
    parent : QWidget, optional
        Where it lies.
    """

    def __init__(self, keys: Keys, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self._service: tuple[Provider, Endpoint] | None = None
        self._forgets: Callable[[Endpoint, str], None] | None = None
        # A keyring may ask the user for a password, and take its time.
        self._work = Latest(self)
        self.secret = QLineEdit()
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret.setPlaceholderText("API key")
        self.where = QComboBox()
        self.where.addItems([_SESSION, _KEYRING])
        self.use = QPushButton("Use")
        self.forget = QPushButton("Forget")
        self.source = PlainLabel()
        row = QHBoxLayout()
        row.addWidget(narrow(self.where), 1)
        row.addWidget(self.use)
        row.addWidget(self.forget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.secret)
        layout.addLayout(row)
        layout.addWidget(self.source)
        self.use.clicked.connect(self._on_use)
        self.forget.clicked.connect(self._on_forget)
        self.secret.returnPressed.connect(self._on_use)
        self.secret.textChanged.connect(self._enable)

    def show_service(self, provider: Provider, endpoint: Endpoint | None) -> None:
        """Say where the key of a service comes from; None has no address yet."""
        self.secret.clear()
        self._service = None if endpoint is None else (provider, endpoint)
        self._look()

    def release(self) -> None:
        """Stop looking."""
        self.secret.clear()
        self._work.release()

    def _look(self, change: Callable[[], None] | None = None) -> None:
        """Change something about the key, and look where it comes from then."""
        self._forgets = None
        self._enable()
        if self._service is None:
            self._work.cancel()
            self.source.say("")
            return
        provider, endpoint = self._service

        def task(_stale: object) -> Key | MissingKeyError | None:
            try:
                if change is not None:
                    change()
                return self._keys.find(provider, endpoint)
            except MissingKeyError as error:
                return error

        self._work.start(task, self._on_found, self._on_found)

    def _on_found(self, found: object) -> None:
        if isinstance(found, Key):
            self.source.say(_FROM[found.source])
            # What the environment holds is not ours to remove.
            removes = {Source.SESSION: self._keys.enter, Source.KEYRING: self._keys.remember}
            self._forgets = removes.get(found.source)
            self._enable()
        elif isinstance(found, MissingKeyError):
            self.source.say(str(found))
        elif isinstance(found, Exception):
            self.source.say("The key could not be read.")
        elif self._service is not None:
            needs = self._service[0].needs_key
            self.source.say("This service requires a key." if needs else "No key required.")

    def _on_use(self) -> None:
        if self._service is None or not self.secret.text():
            return
        secret, endpoint = self.secret.text(), self._service[1]
        keep = self._keys.enter
        if self.where.currentText() == _KEYRING:
            keep = self._keys.remember
        self.secret.clear()
        self._look(lambda: keep(endpoint, secret))

    def _on_forget(self) -> None:
        forgets = self._forgets
        if self._service is not None and forgets is not None:
            endpoint = self._service[1]
            self._look(lambda: forgets(endpoint, ""))

    def _enable(self) -> None:
        has_service = self._service is not None
        self.secret.setEnabled(has_service)
        self.use.setEnabled(has_service and bool(self.secret.text()))
        self.forget.setEnabled(self._forgets is not None)
