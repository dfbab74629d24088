"""What stands below the scrolled part of the dock, always in view: Send, and what it waits for."""

from __future__ import annotations

from magicgui.widgets import PushButton
from qtpy.QtCore import Qt

from napari_medscan.widgets.panel.form import Page, button, holder, row
from napari_medscan.widgets.texts import PlainLabel


class Foot(Page):
    """The one button that comes next, and what is missing until Send can be pressed."""

    find_models: PushButton
    view_images: PushButton
    send: PushButton
    cancel: PushButton
    save_image: PushButton

    def __init__(self) -> None:
        super().__init__(margin=0)
        self.status = PlainLabel()
        find = "Look for models on this computer, or choose another service"
        view = "Show all images in a window, at a size at which text can be read"
        save = "Save this image as PNG or JPEG, without metadata and without any service"
        buttons = row(
            button("find_models", "Find models…", find),
            button("view_images", "View images…", view),
            button("send", "&Send", ""),
            button("cancel", "Cancel", "Stop the answer"),
            button("save_image", "Save image…", save),
        )
        self.extend([holder(self.status), buttons])
        self._next = (self.find_models, self.view_images, self.send, self.cancel)
        # Never by Enter or Space, wherever the focus came from: by the mouse, or Alt+S.
        send = self.send.native
        send.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        send.setAutoDefault(False)
        font = send.font()
        font.setBold(True)
        send.setFont(font)

    def offer(self, next_: PushButton) -> None:
        """Show one of the buttons, of which only one makes sense at a time."""
        for each in self._next:
            each.visible = each is next_
