"""README and docs: what they refer to exists, and nothing else is kept for them."""

import importlib
import re
from pathlib import Path

import npe2
import yaml

from napari_medscan.napari_.planes import plane_in_view

from .napari_.test_planes import opened

ROOT = Path(__file__).parent.parent


def test_images_of_docs_are_those_that_pages_show():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {
        (page.parent / target).resolve()
        for page in pages
        for target in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert shown == {path.resolve() for path in (ROOT / "docs" / "images").iterdir()}


def test_menus_that_pages_name_are_those_of_the_manifest():
    manifest = yaml.safe_load((ROOT / "napari.yaml").read_text("utf-8"))["contributions"]
    titles = {command["id"]: command["title"] for command in manifest["commands"]}
    menus = {
        name.removeprefix("napari/").replace("_", " "): {
            titles[item["command"]] for item in items if "command" in item
        }
        for name, items in manifest["menus"].items()
    }
    menus["plugins/medscan"] = {widget["display_name"] for widget in manifest["widgets"]}
    menus["preferences/medscan"] = {
        setting["title"].partition(" (")[0]
        for page in manifest["configurations"].values()
        for setting in page["properties"].values()
    }
    named = 0
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        text = " ".join(page.read_text("utf-8").split())
        for top, menu, rest in re.findall(r"(\w+) ▸ ([\w ]+?) ▸ [“\"]?(.{60})", text):
            entries = menus.get(f"{top} {menu}".lower().replace(" ", "/", 1))
            if entries is not None:
                named += 1
                assert rest.startswith(tuple(entries)), (page.name, top, menu, rest)
    assert named > 10


def test_page_of_commands_is_up_to_date(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    tool = importlib.import_module("commands_page")
    assert tool.page() == tool.PAGE.read_text("utf-8"), "run tools/commands_page.py"


def test_command_is_executed_as_its_page_says(model, tmp_path):
    layer = opened(model, tmp_path)
    manager = npe2.PluginManager.instance()
    manager.discover()
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(example, {"viewer": model})  # noqa: S102 - our own page
    assert plane_in_view(model, layer) == "coronal"
