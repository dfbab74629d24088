"""Asking: from the question and the picture to the preview, the send, and the answer."""

from __future__ import annotations

import math
import time

import napari.viewer
from qtpy.QtCore import Qt, QTimer, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_medscan.assistant.client import Client
from napari_medscan.assistant.consent import Preview
from napari_medscan.assistant.conversation import Conversation, Exchange, State
from napari_medscan.assistant.errors import AssistantError, ConsentError
from napari_medscan.assistant.failures import clock
from napari_medscan.assistant.prompts import Templates
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.picture import NoPictureError
from napari_medscan.napari_.viewer_watch import Change, watch
from napari_medscan.privacy.jpeg import JpegError
from napari_medscan.widgets.assistant.answer import AnswerPane
from napari_medscan.widgets.assistant.fields import ElidingButton, add_all
from napari_medscan.widgets.assistant.options import PictureOptions
from napari_medscan.widgets.assistant.preparing import Look, Prepared, Preparer, Wish, is_same, look
from napari_medscan.widgets.assistant.preview import PreviewPane
from napari_medscan.widgets.assistant.prompt import PromptForm
from napari_medscan.widgets.assistant.saving import save
from napari_medscan.widgets.assistant.service import ServiceForm
from napari_medscan.widgets.assistant.texts import Heading, PlainLabel

_FIRST = "Press Preview to see exactly what will be sent."
_CHANGED = "The preview is out of date. Press Preview again."
_CHANGES = Change.SERIES | Change.VIEW | Change.LOOK | Change.OTHER
"""All that an image may depend on: called too often rather than too seldom."""
_NO_MODEL = "No model selected. Choose a service and a model on the Service tab."
_NO_WORDS = "Enter a question."
_NO_PICTURE = "The image could not be rendered. Press Preview to try again, or reopen the study."


class AskSection(QWidget):
    """One picture, one question, one answer at a time.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        What is looked at.
    client : Client
        What sends.
    service : ServiceForm
        Whom to ask.
    templates : Templates
        Where questions begin from.

    Attributes
    ----------
    told : Signal
        When there is something new about an exchange.
    look_at : Signal
        A part (QWidget) that is to be before the user's eyes.
    """

    told = Signal()
    look_at = Signal(QWidget)
    _heard = Signal(object)

    def __init__(
        self,
        viewer: napari.viewer.Viewer,
        client: Client,
        service: ServiceForm,
        templates: Templates,
    ) -> None:
        super().__init__()
        self._viewer = viewer
        self._service = service
        self._look: Look | None = None
        self._again_at: dict[str, float] = {}
        self.places: dict[str, str] = {}
        self.conversation = Conversation(client, self._heard.emit)
        self._preparer = Preparer()
        self._work = Latest(self)
        self.prompt = PromptForm(templates)
        self.options = PictureOptions()
        self.show_preview = QPushButton("Preview")
        self.save_jpeg = QPushButton("Save JPEG…")
        self.save_jpeg.setToolTip("Save the exact JPEG that will be sent")
        self.pane = PreviewPane()
        self.status = PlainLabel(_FIRST)
        self.send = ElidingButton("&Send")
        # Never by Enter or Space, wherever the focus came from: by the mouse, or Alt+S.
        self.send.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.send.setDefault(False)
        self.send.setAutoDefault(False)
        self.anew = QPushButton("New conversation")
        self.anew.setToolTip("Earlier questions about this image are not sent again")
        self.answer = AnswerPane()
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._lay_out()
        self._connect()
        self._subscription = watch(viewer, self._on_view, _CHANGES)
        self._enable()

    def release(self) -> None:
        """Cancel, and let go of the viewer."""
        self._subscription.release()
        self._again.stop()
        self.conversation.close()
        self._work.release()
        self.answer.release()
        self.pane.full_size.withdraw()

    def preview(self) -> None:
        """Make the picture as it is now, and show what would be sent."""
        self._withdraw("Preparing the image…")
        try:
            found = look(self._viewer, blended=self._blended)
        except NoPictureError as error:
            self._withdraw(str(error))
            return
        self._look = found
        self.pane.begin(found.subject)
        wish, preparer = self._wish, self._preparer
        self._work.start(
            lambda _: preparer.prepare(found, wish), self._on_prepared, self._on_prepared
        )

    def send_previewed(self) -> None:
        """Send what is previewed, because the user pressed Send."""
        preview = self.pane.preview
        try:
            if preview is None or not self.pane.is_ready:
                raise ConsentError("Review the preview before sending.")
            if self._look is None or not self._is_same_look():
                raise ConsentError(_CHANGED)
            self.places[preview.picture_sha256] = self._look.name
            # A test of the connection must not be in its way.
            self._service.stop_asking()
            self.conversation.send(preview)
        except AssistantError as error:
            self._withdraw(str(error))
            return
        self._service.remember()

    @property
    def _blended(self) -> bool:
        return bool(self.options.blended.isChecked())

    @property
    def _wish(self) -> Wish:
        options = self.options
        return Wish(
            int(options.longest.value()),
            int(options.quality.value()),
            self.pane.masks,
            self.pane.crop,
        )

    def _lay_out(self) -> None:
        looks = QHBoxLayout()
        looks.addWidget(self.show_preview, 1)
        looks.addWidget(self.save_jpeg)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        add_all(layout, Heading("Question"), self.prompt, Heading("Image"), self.options)
        add_all(layout, looks, self.pane, self.status, self.send, self.anew, self.answer)
        layout.addStretch(1)

    def _connect(self) -> None:
        self._heard.connect(self._on_exchange)
        self._again.timeout.connect(self._enable)
        self.show_preview.clicked.connect(self.preview)
        self.save_jpeg.clicked.connect(self._on_save_jpeg)
        self.send.clicked.connect(self.send_previewed)
        self.anew.clicked.connect(self._on_anew)
        self.answer.cancelled.connect(self.conversation.cancel)
        self.pane.edited.connect(self.preview)
        self.pane.ready_changed.connect(self._enable)
        for changed in (self.prompt.changed, self.options.changed, self._service.changed):
            changed.connect(self._on_change)

    def _on_view(self) -> None:
        if self._look is not None and not self._is_same_look():
            self.prompt.name_image("", "")
            self._on_change()

    def _on_change(self) -> None:
        """Withdraw the preview: it is not what would be sent any more."""
        if self._look is not None:
            self._withdraw(_CHANGED)

    def _withdraw(self, why: str) -> None:
        self._work.cancel()
        self._look = None
        self.pane.withdraw()
        self.status.say(why)

    def _is_same_look(self) -> bool:
        return self._look is not None and is_same(self._look, self._viewer, blended=self._blended)

    def _on_prepared(self, result: object) -> None:
        if not isinstance(result, Prepared):
            # No other error's text: it may quote the file or its path.
            self._withdraw(str(result) if isinstance(result, JpegError) else _NO_PICTURE)
        elif not self._is_same_look():
            self._withdraw(_CHANGED)
        else:
            self._show(result)

    def _show(self, prepared: Prepared) -> None:
        preview, problem = None, ""
        try:
            preview = self._preview_of(prepared)
        except AssistantError as error:
            problem = str(error)
        self.pane.show_preview(preview, prepared)
        self.look_at.emit(self.show_preview)
        if problem:
            self.status.say(f"Cannot be sent. {problem}")
        self._enable()

    def _preview_of(self, prepared: Prepared) -> Preview:
        endpoint = self._service.endpoint()
        if not self._service.model:
            raise ConsentError(_NO_MODEL)
        prompt = self.prompt.words(prepared.modality, prepared.signals.body_part)
        if not prompt:
            raise ConsentError(_NO_WORDS)
        question = self.conversation.question(
            self._service.provider,
            endpoint,
            model=self._service.model,
            jpeg=prepared.picture.data,
            prompt=prompt,
            through_proxy=self._service.through_proxy,
        )
        return Preview(question)

    def _on_exchange(self, exchange: Exchange) -> None:
        if exchange is not self.conversation.exchanges[-1]:
            # It waited in the queue while something newer came, such as a cancel.
            return
        if exchange.state is State.DONE and self._is_of_preview(exchange):
            # The next question carries this answer along, which this preview does not show.
            self._withdraw("Answered. Edit the question to ask more about this image.")
        error = exchange.error
        if error is not None and error.again_at is not None:
            self._again_at[exchange.endpoint.origin] = error.again_at
        before = self.answer.exchange
        self.answer.show_exchange(exchange, self.places.get(exchange.picture_sha256, ""))
        if before is None or before.state is not exchange.state:
            self.look_at.emit(self.answer)
        self._enable()
        self.told.emit()

    def _is_of_preview(self, exchange: Exchange) -> bool:
        """Whether a question was put to the same service about the same picture."""
        preview = self.pane.preview
        return preview is not None and (
            (preview.picture_sha256, preview.question.endpoint)
            == (exchange.picture_sha256, exchange.endpoint)
        )

    def _enable(self) -> None:
        """Let Send be pressed when all was seen, and say what is missing otherwise."""
        state, preview = self.conversation.state, self.pane.preview
        again_at = 0.0
        if preview is not None:
            again_at = self._again_at.get(preview.question.endpoint.origin, 0.0)
        wait = max(0.0, again_at - time.time())
        self.send.setEnabled(self.pane.is_ready and not state.is_busy and not wait)
        verb = "&Send again" if state in _AGAIN and preview is not None else "&Send"
        self.send.say(verb if preview is None else f"{verb} to {preview.host}")
        self.save_jpeg.setEnabled(bool(self.pane.jpeg))
        self.anew.setVisible(preview is not None and bool(preview.question.history))
        if preview is None:
            return
        if state.is_busy:
            self.status.say("")
        elif wait:
            self._again.start(math.ceil(wait * 1000))
            self.status.say(f"The service asks to wait until {clock(again_at)}.")
        else:
            self.status.say(self.pane.missing or "This is exactly what will be sent.")

    def _on_anew(self) -> None:
        self.conversation.forget()
        self.preview()

    def _on_save_jpeg(self) -> None:
        save(self, "image", self.pane.jpeg, "image.jpg")


_AGAIN = (State.FAILED, State.CANCELLED, State.INCOMPLETE)
