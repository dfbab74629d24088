"""Asking: from the images and the question to the send, and the answer."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import replace

import napari.viewer
from magicgui.widgets import PushButton
from psygnal import Signal
from qtpy.QtCore import QEvent, QPoint, QTimer
from qtpy.QtWidgets import QApplication
from superqt.utils import ensure_main_thread

from napari_medscan.assistant.client import Client
from napari_medscan.assistant.consent import consent_to, missing
from napari_medscan.assistant.conversation import Conversation, Exchange, State
from napari_medscan.assistant.errors import AssistantError, ConsentError
from napari_medscan.assistant.failures import clock
from napari_medscan.assistant.models import most_images
from napari_medscan.assistant.prompts import Templates
from napari_medscan.assistant.requests import Question
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.canvas_placement import NoImageInViewError
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.image_in_view import is_same
from napari_medscan.napari_.viewer_watch import Change, watch
from napari_medscan.privacy.errors import ImageError
from napari_medscan.privacy.gate import SESSION, THIS_COMPUTER
from napari_medscan.privacy.sealed_image import SealedImage
from napari_medscan.render.prepare import Look, Preparer
from napari_medscan.widgets.assistant.answer import AnswerPane
from napari_medscan.widgets.assistant.details import Details
from napari_medscan.widgets.assistant.foot import Foot
from napari_medscan.widgets.assistant.images import KEY, ImageChoice, name_of
from napari_medscan.widgets.assistant.on_show import OnShow
from napari_medscan.widgets.assistant.prompt import PromptForm
from napari_medscan.widgets.assistant.service import ServiceTab
from napari_medscan.widgets.dock import scrolling
from napari_medscan.widgets.image.contact_sheet import Sheet, prepare_sheet
from napari_medscan.widgets.image.review import ImageReview
from napari_medscan.widgets.image.save_window import SaveImageWindow
from napari_medscan.widgets.panel.form import Page, button, heading, holder

CHANGES = Change.SERIES | Change.VIEW | Change.LOOK | Change.OTHER
"""All that an image may depend on: called too often rather than too seldom."""
QUIET_MS = 400
"""Time after the last change of the view until the image is prepared anew."""
_HEIGHT = 240
_CHANGED = "The view changed. Preparing the image again…"
_NO_MODEL = "No model selected. Press “Find models…”, or choose one on the Service tab."
_NO_WORDS = "Enter a question to send."
_NO_IMAGE = "The image could not be rendered. Reopen the study to try again."
_AGAIN = (State.FAILED, State.CANCELED, State.INCOMPLETE)


class AskTab(Page):
    """Images, a question and its answer.

    Attributes
    ----------
    told : Signal
        Emitted when there is something new about an exchange.
    model_wanted : Signal
        Emitted when the user wants to choose a model.
    is_automatic : bool
        Whether images are prepared as the view changes, while the tab is on screen.
    """

    send: PushButton
    save_image: PushButton

    told = Signal()
    model_wanted = Signal()

    def __init__(
        self,
        viewer: napari.viewer.Viewer,
        client: Client,
        service: ServiceTab,
        templates: Templates,
    ) -> None:
        super().__init__(margin=0)
        self._viewer, self._gate, self._service = viewer, SESSION, service
        self._looks: list[Look] = []
        self._images: tuple[SealedImage, ...] = ()
        self._problem = ""
        self._again_at: dict[str, float] = {}
        self.is_automatic = True
        self._is_released = False
        self.conversation = Conversation(client, ensure_main_thread(guarded(self._on_exchange)))
        self._preparer = Preparer()
        self._work = Latest(self.native)
        self.review = ImageReview(self._gate, _HEIGHT, can_leave_out=True)
        self.images, self.prompt = ImageChoice(), PromptForm(templates)
        self.answer, self.details = AnswerPane(), Details()
        self.foot = Foot()
        self.status = self.foot.status
        self._soon, self._later = QTimer(self.native), QTimer(self.native)
        self._lay_out()
        self._connect()
        self._subscription = watch(viewer, self._on_view, CHANGES)
        # Of the model that is remembered.
        self._on_service()
        self._enable()

    def release(self) -> None:
        """Cancel, and let go of the viewer."""
        self._is_released = True
        self._soon.stop()
        self._later.stop()
        self.conversation.close()
        for part in (self._subscription, self._work, self.answer, self.review):
            part.release()

    @guarded
    def prepare(self) -> None:
        """Make the images as the view is now, and show what would be sent."""
        self._soon.stop()
        self._withdraw("Preparing the image…")
        try:
            looks = self.images.looks(self._viewer)
        except NoImageInViewError as error:
            self._withdraw(str(error))
            return
        self._looks = looks
        self.review.begin(looks[0].subject)
        wish = self.images.wish(len(looks), self._service.model)
        wish = replace(wish, masks=self.review.masks, crop=self.review.crop)
        then, failed = self._on_prepared, self._on_failed
        prepare_sheet(self._work, self._preparer, looks, wish, then, failed)

    def send_previewed(self) -> None:
        """Send what is on screen, because the user pressed Send."""
        question = self.details.question
        try:
            if question is None:
                raise ConsentError("Review the preview before sending.")
            if not self._is_current():
                raise ConsentError(_CHANGED)
            consent = consent_to(question, self._gate)
            # A list of models must not be in its way.
            self._service.stop_asking()
            self.review.release()
            self.conversation.send(question, consent, name_of(self._looks))
        except AssistantError as error:
            self.status.say(str(error))
            if not self._is_current():
                self._on_view()
            return
        self._service.remember()

    def _lay_out(self) -> None:
        body = Page()
        body.margins = (0, 0, 6, 0)
        anew = "Earlier questions about this image are not sent again"
        body.extend(
            [
                self.review,
                self.images,
                self.answer,
                button("anew", "New conversation", anew, self._on_anew),
                heading("Question"),
                self.prompt,
                self.details,
            ]
        )
        body.native.layout().addStretch(1)
        self._body, self._area = body, scrolling(body.native)
        self.extend([holder(self._area), self.foot])

    def _connect(self) -> None:
        for timer in (self._soon, self._later):
            timer.setSingleShot(True)
        self._soon.timeout.connect(self.prepare)
        self._later.timeout.connect(self._enable)
        self._work.progressed.connect(guarded(self._on_progress))
        self._soon.setInterval(QUIET_MS)
        for pressed, call in (
            (self.foot.find_models, self.model_wanted.emit),
            (self.foot.view_images, self.review.look),
            (self.foot.send, self.send_previewed),
            (self.foot.cancel, self.conversation.cancel),
            (self.foot.save_image, self._on_save_image),
        ):
            pressed.changed.connect(guarded(lambda _, call=call: call()))
        self.review.edited.connect(self.prepare)
        self.review.ready_changed.connect(self._enable)
        self.review.left_out.connect(guarded(self._on_left_out))
        self.images.choice_changed.connect(self.prepare)
        self.images.add_key.changed.connect(guarded(lambda _: self._on_add_key()))
        self.prompt.words_changed.connect(guarded(self._ask))
        self._service.choice_changed.connect(guarded(self._on_service))
        self._shown = OnShow(self.native, self._on_shown)

    def _on_shown(self) -> None:
        if not self._images and self.is_automatic:
            self._soon.start()

    def _on_view(self) -> None:
        """Withdraw what is not on screen any more, and prepare it anew when the view is quiet."""
        if self._looks and self._is_current():
            return
        if self._looks:
            self._withdraw(_CHANGED)
        if self.is_automatic and self.native.isVisible():
            self._soon.start()

    def _on_service(self) -> None:
        with suppress(AssistantError):
            self.images.allow(most_images(self._service.endpoint(), self._service.model))
        self._ask()

    def _withdraw(self, why: str) -> None:
        self._work.cancel()
        self._looks, self._images = [], ()
        self.details.show_question(None)
        self.review.withdraw()
        self._problem = why
        self._enable()

    def _is_current(self) -> bool:
        """Whether the images are still those of the view; key images are, whatever it shows."""
        if not self._looks:
            return False
        if self.images.which.value == KEY:
            return True
        return is_same(self._looks[0], self._viewer, blended=self.images.is_blended)

    def _on_progress(self, done: int, count: int) -> None:
        if count > 1 and self._looks and not self._images:
            self._problem = f"Preparing image {done + 1} of {count}…"
            self._enable()

    def _on_failed(self, error: Exception) -> None:
        # No other error's text: it may quote the file or its path.
        self._withdraw(str(error) if isinstance(error, ImageError) else _NO_IMAGE)

    def _on_prepared(self, images: tuple[SealedImage, ...], sheet: Sheet) -> None:
        if not self._is_current():
            self._on_view()
            return
        self._images = images
        self.review.show_sheet(sheet)
        if not all(self._gate.is_seen(image) for image in images):
            # It has to be looked at, and may have been scrolled away by an answer.
            self._area.ensureVisible(0, 0)
        last = self.answer.exchange
        if last is not None and last.sha256 not in {image.sha256 for image in images}:
            self.prompt.begin()
        facts = images[0].facts
        self.prompt.name_image(facts.modality, facts.signals.body_part)
        self._ask()

    def _ask(self) -> None:
        """Show what would be sent with these words to this service."""
        if not self._images:
            return
        question, self._problem = None, ""
        try:
            question = self._question()
        except AssistantError as error:
            self._problem = str(error)
        self.details.show_question(question)
        self.review.address(THIS_COMPUTER if question is None else question.endpoint.origin)
        self._enable()

    def _question(self) -> Question:
        endpoint = self._service.endpoint()
        if not self._service.model:
            raise ConsentError(_NO_MODEL)
        words = self.prompt.words
        if not words:
            raise ConsentError(_NO_WORDS)
        service = self._service
        proxy = service.through_proxy
        return self.conversation.continued(
            Question(service.provider, endpoint, service.model, self._images, words, (), proxy)
        )

    def _on_exchange(self, exchange: Exchange) -> None:
        if self._is_released or exchange is not self.conversation.exchanges[-1]:
            # It waited in the queue while something newer came, such as a cancel.
            return
        error = exchange.error
        if error is not None and error.again_at is not None:
            self._again_at[exchange.endpoint.origin] = error.again_at
        before = self.answer.exchange
        self.answer.show_exchange(exchange)
        if before is None or before.asked != exchange.asked:
            QTimer.singleShot(0, self._show_answer)
        question = self.details.question
        is_of_preview = question is not None and question.sha256 == exchange.sha256
        if exchange.state is State.DONE and is_of_preview:
            # The next question carries this answer along.
            self.prompt.ask_on()
        self._ask()
        self._enable()
        self.told.emit()

    @guarded
    def _show_answer(self) -> None:
        """Bring the question and its answer into view, once they have got their places."""
        # The dock may be gone by now.
        with suppress(RuntimeError):
            # Lines are broken, and parts grow, once their widths are known.
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
            bar, place = self._area.verticalScrollBar(), QPoint(0, 0)
            if bar is not None:
                bar.setValue(self.answer.native.mapTo(self._body.native, place).y())

    @guarded
    def _enable(self) -> None:
        """Let Send be pressed when all was seen, and say what is missing otherwise."""
        state, question = self.conversation.state, self.details.question
        origin = "" if question is None else question.endpoint.origin
        again_at = self._again_at.get(origin, 0.0)
        wait = max(0.0, again_at - time.time())
        lacking = self._problem if question is None else missing(question, self._gate)
        self.send.enabled = question is not None and not (lacking or wait or state.is_busy)
        asked = getattr(self.answer.exchange, "sha256", "")
        is_again = question is not None and question.sha256 == asked and state in _AGAIN
        self.send.text = "&Send again" if is_again else "&Send"
        has_to_look = len(self._images) > 1 and not all(map(self._gate.is_seen, self._images))
        if state.is_busy:
            self.foot.offer(self.foot.cancel)
        elif not self._service.model:
            self.foot.offer(self.foot.find_models)
        else:
            self.foot.offer(self.foot.view_images if has_to_look else self.send)
        self.save_image.enabled = bool(self._images)
        self._body.anew.visible = question is not None and bool(question.history)
        if state.is_busy:
            self.status.say("")
        elif question is None or (lacking and not wait):
            self.status.say(lacking)
        elif wait:
            self._later.start(math.ceil(wait * 1000))
            self.status.say(f"The service asks to wait until {clock(again_at)}.")
        else:
            self.status.say(f"To {question.endpoint.shown}: exactly what is shown here.")

    def _on_anew(self) -> None:
        self.conversation.forget()
        self._ask()

    def _on_add_key(self) -> None:
        try:
            self.images.add_displayed(self._viewer)
        except NoImageInViewError as error:
            self.status.say(str(error))

    def _on_left_out(self, images: tuple[SealedImage, ...]) -> None:
        pairs = list(zip(self._looks, self._images, strict=True))
        self.images.leave_out([one for one, image in pairs if image in images])
        self._looks = [one for one, image in pairs if image not in images]
        self._images = tuple(image for image in self._images if image not in images)
        if self._images:
            self.review.show_sheet(self.review.sheet.without(images))
            self._ask()
        else:
            self.prepare()

    def _on_save_image(self) -> None:
        if self._looks:
            SaveImageWindow(self._looks[0], self.native, self._gate, self.review.masks).show()
