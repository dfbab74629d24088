"""Whom to ask: the service, its address, its model, its key."""

from __future__ import annotations

import contextlib

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.assistant.allowed import check_allowed
from napari_medscan.assistant.client import Client, Outcome, Sending
from napari_medscan.assistant.errors import AssistantError
from napari_medscan.assistant.hosts import Endpoint, parse
from napari_medscan.assistant.providers import PROVIDERS, Provider, provider
from napari_medscan.widgets.assistant.fields import add_all, narrow
from napari_medscan.widgets.assistant.keys import KeyForm
from napari_medscan.widgets.assistant.remembered import Choice, read_choice, write_choice
from napari_medscan.widgets.assistant.texts import PlainLabel


class ServiceForm(QWidget):
    """The form about the service, and the test of its connection.

    Parameters
    ----------
    client : Client
        What asks for models; it holds the keys.
    parent : QWidget, optional
        Where it lies.

    Attributes
    ----------
    changed : Signal
        When another service, address, model or way is chosen.
    connected : Signal
        When the network was used.
    """

    changed = Signal()
    connected = Signal()
    _listed = Signal(int, object)

    def __init__(self, client: Client, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._sending: Sending | None = None
        self._number = 0
        self.provider_choice = narrow(QComboBox())
        self.provider_choice.addItems([service.name for service in PROVIDERS])
        self.address = QLineEdit()
        self.address.setPlaceholderText("https://host/v1")
        self.address_problem = PlainLabel()
        self.model_choice = narrow(QComboBox())
        self.model_choice.setEditable(True)
        self.model_choice.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        name = QLineEdit()
        name.setPlaceholderText("Model name")
        self.model_choice.setLineEdit(name)
        self.fetch = QPushButton("Fetch")
        self.fetch.setToolTip("List the models of this service. No image and no text are sent.")
        self.test = QPushButton("Test connection")
        self.test.setToolTip(
            "Check address and key by listing the models. No image and no text are sent."
        )
        self.result = PlainLabel()
        self.key = KeyForm(client.keys)
        self.proxy = QCheckBox("Use the system proxy")
        self.proxy.setToolTip("Off: direct connection. Never used for addresses on this computer.")
        self._lay_out()
        self._remember()
        self.provider_choice.currentIndexChanged.connect(self._on_provider)
        self.address.textChanged.connect(self._on_address)
        self.address.editingFinished.connect(self._show_key)
        self.model_choice.currentTextChanged.connect(self.changed)
        self.proxy.toggled.connect(self.changed)
        self.fetch.clicked.connect(self.ask_for_models)
        self.test.clicked.connect(self.ask_for_models)
        self._listed.connect(self._on_listed)
        self._on_address()
        self._show_key()

    @property
    def provider(self) -> Provider:
        """The service."""
        return PROVIDERS[self.provider_choice.currentIndex()]

    @property
    def model(self) -> str:
        """The model's name; empty when none is chosen."""
        return str(self.model_choice.currentText()).strip()

    @property
    def through_proxy(self) -> bool:
        """Whether the system's proxy may carry it."""
        return bool(self.proxy.isChecked())

    def endpoint(self) -> Endpoint:
        """Return the address.

        Raises
        ------
        AddressError
            When pictures must not go there.
        """
        endpoint = parse(self.address.text())
        check_allowed(endpoint)
        return endpoint

    def choose(self, service: Provider, address: str, model: str) -> None:
        """Choose all three."""
        self.provider_choice.setCurrentIndex(PROVIDERS.index(service))
        self.address.setText(address)
        self.model_choice.setEditText(model)
        self._show_key()

    def remember(self) -> None:
        """Keep the choice for the next session."""
        with contextlib.suppress(OSError):
            write_choice(Choice(self.provider.id, self.address.text(), self.model))

    def ask_for_models(self) -> None:
        """Ask the service for its models, or stop asking."""
        if self._sending is not None:
            self.stop_asking()
            return
        number = self._number
        try:
            self._sending = self._client.list_models(
                self.provider,
                self.endpoint(),
                on_end=lambda outcome: self._tell(number, outcome),
                through_proxy=self.through_proxy,
            )
        except AssistantError as error:
            self.result.say(str(error))
            return
        self.result.say("Connecting…")
        self._enable()

    def stop_asking(self) -> None:
        """Stop asking for models; an answer that is on its way already counts no more."""
        self._number += 1
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
            self.result.say("Cancelled.")
            self._enable()

    def release(self) -> None:
        """Stop asking."""
        self.stop_asking()
        self.key.release()

    def _lay_out(self) -> None:
        models, tests = QHBoxLayout(), QHBoxLayout()
        models.addWidget(self.model_choice, 1)
        models.addWidget(self.fetch)
        tests.addWidget(self.test)
        tests.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        add_all(layout, PlainLabel("Service"), self.provider_choice)
        add_all(layout, PlainLabel("Address"), self.address, self.address_problem)
        add_all(layout, PlainLabel("Model"), models, PlainLabel("Key"), self.key, self.proxy)
        add_all(layout, tests, self.result)
        layout.addStretch(1)

    def _remember(self) -> None:
        chosen = read_choice()
        service = provider(chosen.provider)
        self.provider_choice.setCurrentIndex(PROVIDERS.index(service))
        self.address.setText(chosen.address or service.base_url)
        self.model_choice.setEditText(chosen.model)

    def _on_provider(self) -> None:
        self.model_choice.setEditText("")
        self.address.setText(self.provider.base_url)
        # Where the address stays as it was, it does not say that it changed.
        self._on_address()
        self._show_key()

    def _on_address(self) -> None:
        self.stop_asking()
        # What the service before it said is not about this one.
        self.result.say("")
        self._list(())
        problem = ""
        try:
            self.endpoint()
        except AssistantError as error:
            problem = str(error) if self.address.text().strip() else "Enter the service address."
        self.address_problem.say(problem)
        self._enable()
        self.changed.emit()

    def _show_key(self) -> None:
        endpoint = None
        with contextlib.suppress(AssistantError):
            endpoint = self.endpoint()
        self.key.show_service(self.provider, endpoint)

    def _tell(self, number: int, outcome: Outcome) -> None:
        # On the client's thread; the widget may be gone by now.
        with contextlib.suppress(RuntimeError):
            self._listed.emit(number, outcome)

    def _on_listed(self, number: int, outcome: Outcome) -> None:
        if number != self._number:
            return
        self._sending = None
        self._enable()
        self.connected.emit()
        if outcome.error is not None:
            detail = f"\nServer message: {outcome.error.detail}" if outcome.error.detail else ""
            self.result.say(f"{outcome.error}{detail}")
        else:
            self._list(outcome.models)
            self._say_listed(outcome.models)

    def _list(self, models: tuple[str, ...]) -> None:
        chosen = self.model
        blocked = self.model_choice.blockSignals(True)
        self.model_choice.clear()
        self.model_choice.addItems(models)
        # What the user wrote stays: a list never chooses.
        self.model_choice.setEditText(chosen)
        self.model_choice.blockSignals(blocked)

    def _say_listed(self, models: tuple[str, ...]) -> None:
        count = "1 model" if len(models) == 1 else f"{len(models)} models"
        missing = self.model and self.model not in models and models
        hint = f" “{self.model}” is not one of them." if missing else ""
        self.result.say(f"Connected. {count} available.{hint}")

    def _enable(self) -> None:
        asking, has_problem = self._sending is not None, bool(self.address_problem.text())
        self.test.setText("Cancel" if asking else "Test connection")
        self.test.setEnabled(not has_problem)
        self.fetch.setEnabled(not has_problem and not asking)
