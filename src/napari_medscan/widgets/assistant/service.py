"""Whom to ask: the service, its address, its model, its key."""

from __future__ import annotations

import contextlib

from magicgui.widgets import CheckBox, LineEdit, PushButton
from psygnal import Signal
from superqt.utils import ensure_main_thread

from napari_medscan.assistant.allowed_hosts import check_allowed
from napari_medscan.assistant.client import Client, Outcome, Sending
from napari_medscan.assistant.errors import AssistantError
from napari_medscan.assistant.hosts import Endpoint, parse
from napari_medscan.assistant.providers import PROVIDERS, Provider, provider
from napari_medscan.assistant.requests import ModelsRequest
from napari_medscan.counted import counted
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.storage import config_file, read_json, write_json
from napari_medscan.widgets.assistant.keys import KeyForm
from napari_medscan.widgets.assistant.model_list import ModelList
from napari_medscan.widgets.panel.form import (
    Choice,
    Page,
    button,
    check,
    choice,
    form,
    heading,
    holder,
    put,
)
from napari_medscan.widgets.texts import PlainLabel

_LOCAL = tuple(p for p in PROVIDERS if p.base_url and parse(p.base_url).is_loopback)
_FILE, _REMEMBERED = "assistant.json", ("provider", "address", "model")
"""What the user asked last, in the user's configuration."""
_MOST = 500
"""Characters of each."""
_LIST = "List models"
_FIND = "Find models on this computer"


class ServiceTab(Page):
    """The form about the service, and the lists of models.

    Attributes
    ----------
    choice_changed : Signal
        Emitted when another service, address, model or way is chosen.
    connected : Signal
        Emitted when the network was used.
    """

    find: PushButton
    list_models: PushButton
    service_name: Choice
    address: LineEdit
    model_name: LineEdit
    proxy: CheckBox

    choice_changed = Signal()
    connected = Signal()

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client
        self._sending: Sending | None = None
        self._number = 0
        self._waiting: list[Provider] = []
        self._is_search = False
        self.key = KeyForm(client.keys)
        self.result, self.address_problem = PlainLabel(), PlainLabel()
        self.models = ModelList()
        names = [service.name for service in PROVIDERS]
        address, model = LineEdit(name="address"), LineEdit(name="model_name")
        address.native.setPlaceholderText("https://host/v1")
        model.native.setPlaceholderText("Model name")
        nothing = "No image and no text are sent."
        find = f"Ask the usual ports of Ollama, LM Studio, llama.cpp and vLLM for models. {nothing}"
        listing = f"Check address and key by listing the models. {nothing}"
        proxy = "Off: direct connection. Never used for addresses on this computer."
        self.extend(
            [
                button("find", _FIND, find, self.find_on_this_computer),
                form(
                    ("Service", choice("service_name", "Service", names, self._on_provider)),
                    ("Address", address),
                    ("Model", model),
                ),
                holder(self.address_problem),
                button("list_models", _LIST, listing, self.ask_for_models),
                holder(self.result),
                holder(self.models),
                heading("Key"),
                self.key,
                check("proxy", "Use the system proxy", proxy, lambda _: self.choice_changed.emit()),
            ]
        )
        self.native.layout().addStretch(1)
        self.models.chosen.connect(guarded(self._on_chosen))
        self._remember()
        address.native.textChanged.connect(guarded(lambda _: self._on_address()))
        address.native.editingFinished.connect(guarded(self._show_key))
        model.native.textChanged.connect(guarded(lambda _: self.choice_changed.emit()))
        self._on_address()
        self._show_key()

    @property
    def provider(self) -> Provider:
        """The service."""
        return next(p for p in PROVIDERS if p.name == self.service_name.value)

    @property
    def model(self) -> str:
        """The model's name; empty when none is chosen."""
        return str(self.model_name.value).strip()

    @property
    def through_proxy(self) -> bool:
        """Whether the system's proxy may carry it."""
        return bool(self.proxy.value)

    def endpoint(self) -> Endpoint:
        """Return the address; raises AddressError when images must not go there."""
        endpoint = parse(self.address.value)
        check_allowed(endpoint)
        return endpoint

    def choose(self, service: Provider, address: str, model: str) -> None:
        """Choose all three."""
        put(self.service_name, service.name)
        self.address.value = address
        self.model_name.value = model
        self._on_address()
        self._show_key()

    def remember(self) -> None:
        """Keep the choice for the next session; never a key."""
        choice = self.provider.id, self.address.value, self.model
        with contextlib.suppress(OSError):
            write_json(config_file(_FILE), dict(zip(_REMEMBERED, choice, strict=True)))

    def find_on_this_computer(self) -> None:
        """Ask each usual server on this computer for its models, or stop asking."""
        self._begin(_LOCAL, is_search=True)

    def ask_for_models(self) -> None:
        """Ask the service for its models, or stop asking."""
        self._begin((self.provider,), is_search=False)

    def stop_asking(self) -> None:
        """Stop asking for models; an answer that is on its way already counts no more."""
        self._number += 1
        self._waiting = []
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
            self.result.say("Canceled.")
            self._enable()

    def release(self) -> None:
        """Stop asking."""
        self.stop_asking()
        self.key.release()

    def _begin(self, services: tuple[Provider, ...], *, is_search: bool) -> None:
        if self._sending is not None:
            self.stop_asking()
            return
        self.models.clear()
        self._waiting, self._is_search = list(services), is_search
        self._ask_next()

    def _ask(self, service: Provider) -> None:
        endpoint = parse(service.base_url if self._is_search else self.address.value)
        number, listed = self._number, ensure_main_thread(guarded(self._on_listed))
        self._sending = self._client.list_models(
            ModelsRequest(service, endpoint, self.through_proxy),
            on_end=lambda outcome: listed(number, service, outcome),
        )
        self.result.say("Connecting…")
        self._enable()

    def _ask_next(self) -> None:
        while self._waiting:
            try:
                self._ask(self._waiting.pop(0))
            except AssistantError as error:
                self.result.say(str(error))
            else:
                return
        if not self._is_search:
            return
        count = self.models.usable
        self.result.say(
            f"{count} found on this computer. Select one."
            if count
            else "No model for images found on this computer. Start Ollama, LM Studio, llama.cpp "
            "or vLLM with a vision model."
        )

    def _on_listed(self, number: int, service: Provider, outcome: Outcome) -> None:
        if number != self._number:
            return
        self._sending = None
        self._enable()
        self.connected.emit()
        if self._is_search:
            self.models.add_models(service, outcome.models, f" – {service.short_name}")
            self._ask_next()
        elif outcome.error is not None:
            detail = f"\nServer message: {outcome.error.detail}" if outcome.error.detail else ""
            self.result.say(f"{outcome.error}{detail}")
        else:
            self.models.add_models(service, outcome.models)
            self._say_listed(outcome.models)

    def _say_listed(self, models: tuple[str, ...]) -> None:
        count = counted(len(models), "model")
        missing = self.model and self.model not in models and models
        hint = f" “{self.model}” is not one of them." if missing else ""
        self.result.say(f"Connected. {count} available.{hint}")

    def _on_address(self) -> None:
        self.stop_asking()
        # What the service before it said is not about this one.
        self.result.say("")
        self.models.clear()
        self._show_problem()
        self.choice_changed.emit()

    def _show_problem(self) -> None:
        problem = ""
        try:
            self.endpoint()
        except AssistantError as error:
            problem = str(error) if self.address.value.strip() else "Enter the service address."
        self.address_problem.say(problem)
        self._enable()

    def _show_key(self) -> None:
        endpoint = None
        with contextlib.suppress(AssistantError):
            endpoint = self.endpoint()
        self.key.show_service(self.provider, endpoint)

    def _enable(self) -> None:
        is_asking = self._sending is not None
        self.list_models.text = "Cancel" if is_asking and not self._is_search else _LIST
        self.find.text = "Cancel" if is_asking and self._is_search else _FIND
        has_problem = bool(self.address_problem.text())
        self.list_models.enabled = not has_problem and not (is_asking and self._is_search)
        self.find.enabled = not (is_asking and not self._is_search)

    def _remember(self) -> None:
        said = read_json(config_file(_FILE))
        said = said if isinstance(said, dict) else {}
        # Anybody may have written the file.
        id_, address, model = (defuse(str(said.get(k, "")))[:_MOST] for k in _REMEMBERED)
        service = provider(id_)
        put(self.service_name, service.name)
        put(self.address, address or service.base_url)
        put(self.model_name, model)

    def _on_provider(self, _name: str) -> None:
        self.model_name.value = ""
        self.address.value = self.provider.base_url
        # Where the address stays as it was, it does not say that it changed.
        self._on_address()
        self._show_key()

    def _on_chosen(self, service: Provider, model: str) -> None:
        if self._is_search:
            put(self.service_name, service.name)
            put(self.address, service.base_url)
            self._show_problem()
            self._show_key()
        put(self.model_name, model)
        self.choice_changed.emit()
