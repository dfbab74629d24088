"""The section of views, clicked."""

from napari.utils._proxies import PublicOnlyProxy
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QPushButton

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.orientation_letters import edge_letters
from napari_medscan.widgets.panel.views_tab import ViewsSection

from ...studies import write_series


def section_of(viewer, qtbot):
    section = ViewsSection(PublicOnlyProxy(viewer))
    viewer.window.add_dock_widget(section, name="MedScan")
    qtbot.wait(20)
    return section


def opened(viewer, folder, **changes):
    write_series(folder, 9, **changes)
    (layer,) = image_layers(load(folder).stacks)
    return viewer.add_layer(layer)


def button(section, text, kind=QPushButton):
    return next(b for b in section.findChildren(kind) if b.text() == text)


def test_buttons_do_what_they_say(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    section = section_of(viewer, qtbot)
    assert not button(section, "Axial").isEnabled()
    layer = opened(viewer, tmp_path)
    qtbot.waitUntil(lambda: button(section, "Axial").isEnabled())

    def click(text):
        qtbot.mouseClick(button(section, text), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not section.whole.is_reading)

    click("Coronal")
    assert edge_letters(viewer) == {"left": "R", "right": "L", "top": "S", "bottom": "I"}
    click("Lung")
    assert (viewer.dims.ndisplay, layer.rendering) == (3, "translucent")
    click("As acquired")
    assert (viewer.dims.ndisplay, viewer.dims.order) == (2, (0, 1, 2))
    section._projection.setCurrentIndex(1)
    assert layer.projection_mode == "max"
    click("Play")
    assert button(section, "Stop").isChecked()
    click("Stop")
    assert not button(section, "Play").isChecked()
    section.release()
    assert layer.projection_mode == "none"


def test_it_is_narrow(make_napari_viewer, qtbot):
    section = section_of(make_napari_viewer(), qtbot)
    assert section.minimumSizeHint().width() <= 280
    section.release()


def test_release_leaves_no_trace(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    opened(viewer, tmp_path)
    overlays = {key: o.visible for key, o in viewer.canvas.overlays.items()}
    ways = viewer.scene.camera.orientation2d
    for _ in range(3):
        section = section_of(viewer, qtbot)
        for box in section.findChildren(QCheckBox):
            box.setChecked(True)
        qtbot.wait(50)
        assert len(viewer.canvas.overlays) > len(overlays)
        section.release()
        viewer.window.remove_dock_widget(section.parent())
        qtbot.wait(20)
        assert {key: o.visible for key, o in viewer.canvas.overlays.items()} == overlays
    assert viewer.scene.camera.orientation2d == ways
