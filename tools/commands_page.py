"""Write docs/commands.md: every command of the manifest with its id and its key.

Run it from the repository's top: ``python tools/commands_page.py``.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import npe2

from napari_medscan.napari_.keys import KEYS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "commands.md"
GROUPS = {
    "commands": "Series and view",
    "window_commands": "Window",
    "volume_commands": "Slab and 3-D",
    "pane_commands": "Arrangement",
    "overlay_commands": "Overlays",
    "panel_commands": "Panel",
}
"""Headings by the module that the commands are in; those of other modules are of files."""
FILES = "Files and layers"
HEAD = """# Commands

All are in napari's command palette (Ctrl + Shift + P), the most common ones also in the menus
**File** and **Layers**. They act on the [current series](panel.md). Keys can be changed under
**Preferences ▸ Shortcuts**. From a script:

```python
import npe2

npe2.PluginManager.instance().commands.execute("napari-medscan.plane_coronal", (viewer,))
```
"""


def page() -> str:
    """Return the text of the page."""
    keys = {key.command.__name__: " ".join(key.keys) for key in KEYS}
    rows = defaultdict(list)
    manifest = npe2.PluginManifest.from_file(ROOT / "napari.yaml")
    # What napari calls by itself: docks and forms, samples, the reader and the writers.
    parts = manifest.contributions
    uses = (parts.widgets, parts.sample_data, parts.readers, parts.writers)
    others = {use.command for group in uses for use in group or ()}
    for command in parts.commands or []:
        name = command.id.removeprefix("napari-medscan.")
        module = str(command.python_name).partition(":")[0].rpartition(".")[2]
        if command.id not in others:
            heading = GROUPS.get(module, FILES)
            rows[heading].append(f"| {command.title} | `{name}` | {keys.get(name, '')} |")
    text = HEAD + "\nIds begin with `napari-medscan.`\n"
    for heading in (FILES, *GROUPS.values()):
        table = "\n".join(rows[heading])
        text += f"\n## {heading}\n\n| command | id | key |\n|---|---|---|\n{table}\n"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
