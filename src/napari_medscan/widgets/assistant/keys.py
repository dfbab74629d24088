"""The key of a service: where it comes from, and a field to enter another."""

from __future__ import annotations

from collections.abc import Callable

from magicgui.widgets import LineEdit, PushButton
from qtpy.QtWidgets import QLineEdit

from napari_medscan.assistant.errors import MissingKeyError
from napari_medscan.assistant.hosts import Endpoint
from napari_medscan.assistant.keys import Keys, Source
from napari_medscan.assistant.providers import Provider
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.widgets.panel.form import Choice, Page, button, choice, holder, row
from napari_medscan.widgets.texts import PlainLabel

_SESSION, _KEYRING = "For this session", "In the system keyring"
_FROM = {
    Source.ENVIRONMENT: "Key from an environment variable.",
    Source.KEYRING: "Key in the system keyring.",
    Source.SESSION: "Key entered for this session.",
}


class KeyForm(Page):
    """Enters and removes keys; never shows one, and opens no keyring to say where one is."""

    secret: LineEdit
    where: Choice
    use: PushButton
    forget: PushButton

    def __init__(self, keys: Keys) -> None:
        super().__init__(margin=0)
        self._keys = keys
        self._service: tuple[Provider, Endpoint] | None = None
        # A keyring may ask the user for a password, and take its time.
        self._work = Latest(self.native)
        secret = LineEdit(name="secret")
        secret.native.setEchoMode(QLineEdit.EchoMode.Password)
        secret.native.setPlaceholderText("API key")
        self.source = PlainLabel()
        where = "How long the key is kept"
        self.extend(
            [
                secret,
                row(
                    choice("where", where, [_SESSION, _KEYRING]),
                    button("use", "Use", "Use this key for the service above", self._on_use),
                    button("forget", "Forget", "Remove the key from here", self._on_forget),
                ),
                holder(self.source),
            ]
        )
        secret.native.returnPressed.connect(guarded(self._on_use))
        secret.native.textChanged.connect(guarded(lambda _: self._enable()))

    def show_service(self, provider: Provider, endpoint: Endpoint | None) -> None:
        """Say where the key of a service comes from; None has no address yet."""
        self.secret.value = ""
        self._service = None if endpoint is None else (provider, endpoint)
        self._work.cancel()
        self._show_source()

    def release(self) -> None:
        """Stop all work."""
        self.secret.value = ""
        self._work.release()

    @property
    def _source(self) -> Source | None:
        return None if self._service is None else self._keys.source(*self._service)

    def _show_source(self, failed: Exception | None = None) -> None:
        source = self._source
        if isinstance(failed, MissingKeyError):
            self.source.say(str(failed))
        elif self._service is None:
            self.source.say("")
        elif source is not None:
            self.source.say(_FROM[source])
        else:
            needs = self._service[0].needs_key
            self.source.say("This service requires a key." if needs else "No key required.")
        self._enable()

    def _change(self, change: Callable[[Endpoint, str], None], secret: str) -> None:
        """Keep or forget a key off the GUI thread, and say where it is then."""
        if self._service is not None:
            endpoint = self._service[1]
            self._work.start(
                lambda _: change(endpoint, secret), lambda _: self._show_source(), self._show_source
            )

    def _on_use(self) -> None:
        secret = self.secret.value
        if secret:
            self.secret.value = ""
            in_keyring = self.where.value == _KEYRING
            self._change(self._keys.remember if in_keyring else self._keys.enter, secret)

    def _on_forget(self) -> None:
        # What the environment holds is not ours to remove.
        removes = {Source.SESSION: self._keys.enter, Source.KEYRING: self._keys.remember}
        source = self._source
        if source in removes:
            self._change(removes[source], "")

    def _enable(self) -> None:
        has_service = self._service is not None
        self.secret.enabled = has_service
        self.use.enabled = has_service and bool(self.secret.value)
        self.forget.enabled = self._source in (Source.SESSION, Source.KEYRING)
