"""The arrows between rooms point down, and the network and Qt stay where they belong."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

PACKAGE = "napari_medscan"
SOURCE = Path(__file__).parents[1] / "src" / PACKAGE

FLOORS = {
    "counted": 0,
    "errors": 0,
    "dicom": 1,
    "frames": 1,
    "phantoms": 1,
    "storage": 1,
    "workers": 1,
    "privacy": 3,
    "render": 3,
    "export": 3,
    "measure": 2,
    "assistant": 3,
    "napari_": 4,
    "reader": 5,
    "samples": 5,
    "writer": 5,
    "cli": 5,
    "widgets": 5,
}
# The arrows between rooms of the same floor: what the files say is handed out by the cache, read
# in other processes, and remembered in the user's own files; what sends an image has it checked.
SIDEWAYS = {
    # The package's own `__init__`, which everything may import, names the library's public API.
    ("", "dicom"),
    ("dicom", "frames"),
    ("dicom", "storage"),
    ("dicom", "workers"),
    ("assistant", "privacy"),
    ("export", "privacy"),
    ("export", "render"),
    ("render", "privacy"),
}
# Within dicom/, from the bottom to the top.
DICOM_ROOMS = (
    "errors",
    "kinds",
    "files",
    "elements",
    "space",
    "intensity",
    "headers",
    "pixels",
    "series",
    "objects",
    "tags",
    "index",
    "loading",
    "__init__",
)
GUI_FLOOR = 4
GUI = {"napari", "qtpy", "superqt", "magicgui", "vispy", "PyQt5", "PyQt6", "PySide2", "PySide6"}
NETWORK_ROOM = "assistant"
NETWORK = {"httpx", "requests", "urllib3", "aiohttp", "urllib.request", "socket", "http", "ftplib"}
# Nor there but within a function of the one that sends.
SENDS = Path("assistant/transport.py")
MAX_LINES = 400

# Qt's widgets of forms, which magicgui makes; item views make editors of their own.
FORMS = Path("widgets")
QT_FORM_WIDGETS = {
    "QCheckBox",
    "QComboBox",
    "QDoubleSpinBox",
    "QFormLayout",
    "QGroupBox",
    "QLineEdit",
    "QProgressBar",
    "QPushButton",
    "QRadioButton",
    "QSlider",
    "QSpinBox",
    "QTextEdit",
    "QToolButton",
}

SOURCES = {
    path.relative_to(SOURCE): path.read_text(encoding="utf-8")
    for path in sorted(SOURCE.rglob("*.py"))
}


def room_of(module: Path) -> str:
    """Return the room of a module, or "" for the package's own ``__init__``."""
    return "" if module == Path("__init__.py") else module.parts[0].removesuffix(".py")


def statements(node: ast.AST, *, for_types: bool) -> Iterator[ast.AST]:
    """Yield the statements within a node, and whether or not what only type checkers read."""
    children = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and not for_types and "TYPE_CHECKING" in ast.unparse(node.test):
        children = iter(node.orelse)
    for child in children:
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child
            yield from statements(child, for_types=for_types)


@cache
def imported(module: Path, source: str, *, for_types: bool = True) -> tuple[tuple[int, str], ...]:
    """Return line and absolute dotted name of whatever a module imports, wherever in it."""
    package = (PACKAGE, *module.parent.parts)
    found = []
    for node in statements(ast.parse(source), for_types=for_types):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            base = ".".join((*above, *([node.module] if node.module else [])))
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
    return tuple(found)


def within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def dicom_level(parts: Sequence[str]) -> int:
    """Return the level of a module of dicom/ or of a name within; the package's own on top."""
    return DICOM_ROOMS.index(parts[0]) if parts and parts[0] in DICOM_ROOMS else len(DICOM_ROOMS)


def points_up(module: Path, name: str) -> bool:
    """Whether a module of dicom/ imports from a room above its own."""
    _, *target = name.removeprefix(f"{PACKAGE}.").split(".")
    own = module.with_suffix("").parts[1:]
    return dicom_level(target) > dicom_level(own)


def violations(module: Path, source: str) -> list[str]:
    """Return what is wrong with the imports of one module."""
    room = room_of(module)
    if room and room not in FLOORS:
        return [f"{module}: no floor is known for {room!r}; give it one in FLOORS"]
    floor = FLOORS.get(room, 0)
    wrong = []
    for line, name in imported(module, source):
        if within(name, {PACKAGE}):
            target = name.split(".")[1] if "." in name else ""
            target = target if target in FLOORS else ""  # a name of the package's __init__
            allowed = target == room or FLOORS.get(target, 0) < floor or (room, target) in SIDEWAYS
            if room == target == "dicom":
                allowed = not points_up(module, name)
        elif within(name, GUI):
            allowed = floor >= GUI_FLOOR
        elif within(name, NETWORK):
            allowed = room == NETWORK_ROOM
        else:
            allowed = True
        if not allowed:
            wrong.append(f"{module}:{line} imports {name}")
    return wrong


def module_names() -> dict[Path, str]:
    """Return the dotted name of every module."""
    parts = {module: module.with_suffix("").parts for module in SOURCES}
    return {
        module: ".".join((PACKAGE, *(part for part in names if part != "__init__")))
        for module, names in parts.items()
    }


def import_graph() -> dict[str, set[str]]:
    """Return the modules of ours that each imports, but for what only type checkers read."""
    names = module_names()
    ours = set(names.values())
    graph: dict[str, set[str]] = {}
    for module, source in SOURCES.items():
        found = {name for _, name in imported(module, source, for_types=False)}
        # The name of a module, or of something in one.
        targets = {name if name in ours else name.rpartition(".")[0] for name in found}
        graph[names[module]] = targets & ours
    return graph


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules of the first circle of imports, none if there is none."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph[name]):
            found = visit(target, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := visit(name, []))), [])


def qt_form_widgets(source: str) -> set[str]:
    """Return which of Qt's widgets of forms a module creates or derives from."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            made = [node.func]
        else:
            made = node.bases if isinstance(node, ast.ClassDef) else []
        for maker in made:
            names.add(maker.attr if isinstance(maker, ast.Attribute) else ast.unparse(maker))
    return names & QT_FORM_WIDGETS


def top_level(source: str) -> str:
    """Return a module without its functions and what only type checkers read."""
    kept = [
        node
        for node in ast.parse(source).body
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
    ]
    return ast.unparse(ast.Module(kept, []))


def test_modules_are_found():
    assert {"dicom", "frames", "napari_", "reader"} <= {room_of(module) for module in SOURCES}


def test_imports_point_down():
    wrong = [violations(module, source) for module, source in SOURCES.items()]
    assert [line for lines in wrong for line in lines] == []


def test_imports_have_no_cycle():
    """Imports within functions count, too: they are how a circle is hidden."""
    graph = import_graph()
    assert f"{PACKAGE}.errors" in graph[f"{PACKAGE}.dicom.errors"]
    assert cycle(graph) == []


def test_a_cycle_is_noticed():
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c", "a"]
    assert cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("dicom/index/recall.py", "from napari_medscan.reader import get_reader"),
        ("dicom/index/recall.py", "def f():\n    from ...napari_ import layers"),
        ("dicom/index/recall.py", "from napari.layers import Image"),
        ("dicom/index/recall.py", "import socket"),
        ("frames/cache.py", "from ..dicom.errors import MedscanError"),
        ("frames/deep/cache.py", "from ...dicom import errors"),
        ("privacy/phi.py", "from napari_medscan import assistant"),
        ("frames/seg.py", "if TYPE_CHECKING:\n    import qtpy.QtWidgets"),
        ("widgets/panel/tags_tab.py", "from urllib import request"),
        ("reader.py", "from .widgets import tags"),
        ("dicom/space/geometry.py", "from napari_medscan.dicom.headers.header import ImageHeader"),
        ("dicom/pixels/codecs.py", "from ..series import stack"),
        ("dicom/headers/header.py", "from napari_medscan.dicom import load"),
        ("utils.py", ""),
    ],
)
def test_a_wrong_arrow_is_noticed(module, source):
    assert violations(Path(module), source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (
            "dicom/series/stack.py",
            "from ...frames import LazyStack\nfrom ..errors import FrameError",
        ),
        ("dicom/index/recall.py", "from napari_medscan import __version__"),
        ("assistant/client.py", "import httpx"),
        ("assistant/client.py", "from napari_medscan.privacy.jpeg import check"),
        ("napari_/layers.py", "from napari.layers import Image\nfrom ..dicom import Stack"),
        ("reader.py", "from .napari_.layers import layers\nfrom urllib.parse import quote"),
    ],
)
def test_a_right_arrow_is_allowed(module, source):
    assert violations(Path(module), source) == []


def test_forms_of_the_panel_are_made_of_magicgui_widgets():
    forms = {module: source for module, source in SOURCES.items() if module.is_relative_to(FORMS)}
    assert len(forms) > 10
    made = {(module, name) for module, source in forms.items() for name in qt_form_widgets(source)}
    assert made == set()


@pytest.mark.parametrize(
    "source",
    [
        "box = QComboBox()",
        "from qtpy import QtWidgets\nbox = QtWidgets.QComboBox(None)",
        "class Box(QComboBox): pass",
        "def make():\n    return [QComboBox() for _ in 'ab']",
    ],
)
def test_a_form_widget_of_qt_is_noticed(source):
    assert qt_form_widgets(source) == {"QComboBox"}


@pytest.mark.parametrize(
    "source", ["ComboBox()", "QComboBox.SizeAdjustPolicy.AdjustToContents", "x: QComboBox"]
)
def test_a_form_widget_of_magicgui_is_allowed(source):
    assert qt_form_widgets(source) == set()


def test_httpx_is_imported_within_what_sends_alone():
    found = []
    for module, source in SOURCES.items():
        searched = top_level(source) if module == SENDS else source
        found += [(module, n) for _, n in imported(module, searched) if within(n, {"httpx"})]
    assert found == []


def test_what_sends_imports_httpx():
    source = SOURCES[SENDS]
    assert any(within(name, {"httpx"}) for _, name in imported(SENDS, source))


def test_modules_stay_readable():
    lines = {module: len(source.splitlines()) for module, source in SOURCES.items()}
    assert {module: count for module, count in lines.items() if count > MAX_LINES} == {}


@pytest.mark.parametrize("module", ["reader", "dicom", "frames", "assistant.conversation"])
def test_importing_is_light(module):
    """Files are recognized before napari shows a window, and in worker processes: start-up counts.

    A subprocess, since this one has long imported napari.
    """
    heavy = {"httpx", "requests", "qtpy", "PyQt6", "PySide6", "napari", "pandas", "pydicom"}
    code = f"import sys, {PACKAGE}.{module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.split())
    assert f"{PACKAGE}.{module}" in loaded
    assert loaded & heavy == set()


def test_only_compat_knows_what_differs_between_versions_of_napari():
    telling = re.compile(
        r"\.scene\.camera|\.canvas\.(overlays|size|grid|events)\b|\b_canvas_size\b"
        r"|get_plugin_settings|napari\.__version__"
    )
    modules = {module for module, source in SOURCES.items() if telling.search(source)}
    assert {module.parent for module in modules} == {Path("napari_/compat")}


def test_file_dialogs_are_those_that_leave_no_trace():
    name = "QFileDialog"
    found = {module for module, source in SOURCES.items() if name in source}
    assert found == {Path("napari_/file_traces.py")}
