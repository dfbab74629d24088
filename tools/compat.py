"""Test the whole plugin in each napari that it supports, with PyQt6 and with PySide6.

Each version has an environment of its own, with this checkout installed in editable mode: made
once, in ``.compat`` or where MEDSCAN_COMPAT says, and made anew when ``pyproject.toml`` changes.
``floors`` is the oldest napari with the oldest version that ``pyproject.toml`` allows of all that
it names.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = (
    "tests/napari_/compat",
    "tests/napari_/objects",
    "tests/napari_/test_derived_layers.py",
    "tests/napari_/test_fusion.py",
    "tests/napari_/test_saving.py",
)
"""The whole plugin with a CT, then segmentations, structure sets, copies, fusions and saving."""
VERSIONS = ("0.6.6", "0.7.1", "0.8.0", "0.9.2", "0.10.0rc1")
FLOORS = "floors"
QTS = ("pyqt6", "pyside6")


def main() -> int:
    """Test what is asked for; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=(*VERSIONS, FLOORS), metavar="VERSION")
    parser.add_argument("--qt", nargs="+", default=QTS, choices=QTS)
    parser.add_argument("rest", nargs="*", help="arguments of pytest, after --")
    options = parser.parse_args()
    results = {}
    for version in options.only:
        needs = [f"napari=={VERSIONS[0] if version == FLOORS else version}"]
        python = environment(version, [*needs, *(floors() if version == FLOORS else [])], "compat")
        for qt in options.qt:
            print(f"==> napari {version}, {qt}", flush=True)
            results[f"napari {version}, {qt}"] = tested(python, qt, options.rest)
    for name, passed in results.items():
        print(f"{'passed' if passed else 'FAILED'}  {name}")
    return 0 if all(results.values()) else 1


def environment(name: str, needs: list[str], group: str) -> Path:
    """Return the Python of an environment with this checkout, which is made if need be.

    Parameters
    ----------
    name
        Of the environment.
    needs
        What is installed besides the checkout.
    group
        A dependency group of ``pyproject.toml`` that is installed, too.
    """
    folder = Path(os.environ.get("MEDSCAN_COMPAT") or ROOT / ".compat") / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "stamp"
    wanted = hashlib.sha256("\n".join([*needs, (ROOT / "pyproject.toml").read_text()]).encode())
    if stamp.exists() and stamp.read_text() == f"{ROOT} {wanted.hexdigest()}":
        return python
    print(f"==> installing {' '.join(needs[:1])} into {folder} (some minutes)", flush=True)
    venv.create(folder, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--upgrade", "pip>=25.1"], check=True)
    editable = ["--editable", str(ROOT), "--group", f"{ROOT / 'pyproject.toml'}:{group}"]
    subprocess.run([*pip, *editable, *needs], check=True)
    stamp.write_text(f"{ROOT} {wanted.hexdigest()}")
    return python


def floors() -> list[str]:
    """Return each dependency at the oldest version that ``pyproject.toml`` allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # "==2024.*" where a floor is no release of its own, as certifi's "2024".
    return [
        re.sub(r">=([\d.]+)$", lambda m: f"=={m[1]}{'' if m[1].count('.') > 1 else '.*'}", need)
        for need in project["dependencies"]
        if not need.startswith("napari")
    ]


def tested(python: Path, qt: str, rest: list[str]) -> bool:
    """Run the tests in an environment with a Qt; return whether they passed."""
    # Warnings of older versions are not ours; settings of pytest-xdist would not be known.
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", f"qt_api={qt}"]
    command += ["-W", "ignore", *(rest or TESTS)]
    done = subprocess.run(
        [str(word) for word in command], cwd=ROOT, env=os.environ | {"QT_API": qt}, check=False
    )
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
