"""What all tests share: none touches the user's settings and caches, and a display is optional."""

from __future__ import annotations

import gc
import logging
import os
import sys
from functools import cache

import pytest

# Read when napari is imported: no settings file, so no user's own settings.
os.environ["NAPARI_CONFIG"] = ""

NEEDS_A_DISPLAY = {"qapp", "qtbot", "make_napari_viewer"}


def pytest_collection_modifyitems(items):
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    without = pytest.mark.skip(reason="NOT TESTED: there is no display (use xvfb-run)")
    for item in items:
        if NEEDS_A_DISPLAY & set(getattr(item, "fixturenames", ())):
            item.add_marker(without)


def pytest_collection_finish():
    """Let collections pass over the headers of the corpus, by which tests are chosen."""
    gc.collect()
    gc.freeze()
    # Thousands of objects come and go with each test: looking for garbage took 2 % of all time.
    gc.set_threshold(20_000)


def pytest_terminal_summary(terminalreporter):
    """Print what tests measured and told `record_property`, so that a run can be quoted."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    measured = [
        f"{report.nodeid.rpartition('::')[2]}: {what}: {value}"
        for report in reports
        if getattr(report, "when", "") == "call"
        for what, value in report.user_properties
    ]
    if measured:
        terminalreporter.section("measured")
        for line in sorted(measured):
            terminalreporter.write_line(line)


@pytest.fixture(scope="module", autouse=True)
def _no_series_of_another_module():
    """Forget the series that the tests of a module opened: those of the next do not know them."""
    yield
    session = sys.modules.get("napari_medscan.napari_.session")
    if session is not None:
        record = session.record
        record.forget(list(record.stacks), list(record.catalogue.objects))


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory):
    """Point what napari, Qt and platformdirs write at a folder of the test run."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
        patch.setenv("MEDSCAN_CACHE_DIR", str(home / "medscan"))
        yield


@pytest.fixture
def index_folder(tmp_path_factory, monkeypatch):
    """Return a cache folder of a test's own; folders that were just written are remembered too."""
    from napari_medscan.dicom.index import index_file

    folder = tmp_path_factory.mktemp("index") / "cache"
    monkeypatch.setenv("MEDSCAN_CACHE_DIR", str(folder))
    monkeypatch.setattr(index_file, "is_settled", lambda *_: True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _plugins_found_once():
    """Look for installed plugins once in a process: npe2 parses all manifests for every window."""
    from npe2 import PluginManifest

    discover = PluginManifest.discover
    found = cache(lambda paths: tuple(discover(paths)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PluginManifest, "discover", lambda paths=(): iter(found(tuple(paths))))
        yield


@pytest.fixture(scope="session")
def qapp(qapp):
    """Return Qt's application, whose windows share what vispy works out to draw one."""
    from .drawing_caches import kept_for_the_process
    from .napari_window import only_young_garbage_is_collected

    with kept_for_the_process(), only_young_garbage_is_collected():
        yield qapp


@pytest.fixture
def _nothing_registered_stays(qapp):  # noqa: ARG001 - actions belong to it
    """Delete what every window of napari registers once it is closed."""
    from .napari_window import forget_what_was_registered, pass_over_what_stays

    yield
    forget_what_was_registered()
    pass_over_what_stays()


@pytest.fixture
def make_napari_viewer(_nothing_registered_stays, make_napari_viewer, monkeypatch):
    """Return napari's fixture, without the welcome screen written for each shortcut."""
    from napari._qt.widgets.qt_welcome import QtWelcomeWidget

    monkeypatch.setattr(QtWelcomeWidget, "refresh", lambda *_: None, raising=False)
    return make_napari_viewer


class Guard:
    """Forbids the network and remembers who tried."""

    def __init__(self, *, may_be_local):
        self.may_be_local = may_be_local
        self.attempts = []

    def __call__(self, attempt):
        if not (self.may_be_local and attempt.is_local):
            self.attempts.append(f"{attempt.event} {attempt.host}")
            raise PermissionError("tests do not use the network")


@pytest.fixture
def network_allowed():
    """Let a test connect to servers of its own, on this computer alone."""


@pytest.fixture(autouse=True)
def _no_network(request):
    """Fail any test in which something connects anywhere, or looks up a name."""
    from napari_medscan.assistant.network import observing

    guard = Guard(may_be_local="network_allowed" in request.fixturenames)
    with observing(guard):
        yield
    # Also what was tried in a thread, or by code that goes on without.
    assert not guard.attempts


class _Collecting(logging.Handler):
    """Collects what is logged."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


@pytest.fixture(autouse=True)
def failures():
    """Fail any test in which a callback of ours failed; a test that means it clears the list."""
    handler = _Collecting()
    logger = logging.getLogger("napari_medscan.failures")
    logger.addHandler(handler)
    yield handler.messages
    logger.removeHandler(handler)
    assert not handler.messages


@pytest.fixture(autouse=True)
def _no_drop_before():
    """Let no test's files count as part of the drop of the test before it."""
    yield
    reader = sys.modules.get("napari_medscan.reader")
    if reader is not None:
        reader._burst._until = 0.0


@pytest.fixture
def no_gui(monkeypatch):
    """Make the code believe that it runs in a script, whatever tests ran before."""
    from napari_medscan.napari_ import gui, notify, progress

    for module in (gui, notify, progress):
        monkeypatch.setattr(module, "has_gui", lambda: False)


@pytest.fixture
def told(monkeypatch):
    """Collect the notifications that napari would show; the panel has been offered before."""
    from napari.utils.notifications import notification_manager

    from napari_medscan.napari_ import dicom_panel

    monkeypatch.setattr(dicom_panel.offer, "_made", True)
    notification_manager.records.clear()
    yield notification_manager.records
    notification_manager.records.clear()


@pytest.fixture
def model():
    """Return napari's viewer without a window, with the plugins that are installed."""
    import npe2
    from napari.components import ViewerModel

    npe2.PluginManager.instance().discover()
    return ViewerModel()


@pytest.fixture(scope="session")
def chest(tmp_path_factory):
    """Return the folder of a small chest CT of six slices; it must not be changed."""
    from napari_medscan.phantoms import write_ct_chest

    folder = tmp_path_factory.mktemp("chest")
    write_ct_chest(folder, size=32, slices=6)
    return folder


@pytest.fixture(scope="session")
def pet_ct(tmp_path_factory):
    """Return the folder of a small PET/CT pair; it must not be changed."""
    from napari_medscan.phantoms import write_pet_ct

    folder = tmp_path_factory.mktemp("pet_ct")
    write_pet_ct(folder, size=32, slices=4)
    return folder


@pytest.fixture(scope="session")
def messy_disc(tmp_path_factory):
    """Return the folder of a hospital's disc of 26 series; it must not be changed."""
    from .messy_disc import write_messy_disc

    folder = tmp_path_factory.mktemp("messy_disc")
    write_messy_disc(folder)
    return folder


@pytest.fixture(scope="module")
def view_session(qapp):  # noqa: ARG001 - napari takes pytest's application
    """Return a window with the panel that the tests of a module share."""
    from .view_session import session

    with session() as running:
        yield running
