"""The environment of the peers: what they depend on must not meet what we depend on."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

_PROJECT = Path(__file__).parent.parent / "pyproject.toml"


def peers_python(folder: Path) -> Path:
    """Return the interpreter of the peers' environment, made when it is not there.

    A peer that cannot be installed is said; its tasks then fail, which the tables say.
    """
    wanted = tomllib.loads(_PROJECT.read_text("utf-8"))["dependency-groups"]["bench"]
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text("utf-8") == repr(wanted):
        return python
    print("Installing the peers (some minutes the first time)", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    for package in wanted:
        install = [str(python), "-m", "pip", "install", "--quiet", package]
        if subprocess.run(install, check=False, capture_output=True).returncode:
            print(f"{package} cannot be installed", flush=True)
    stamp.write_text(repr(wanted), "utf-8")
    return python


def versions(python: Path) -> dict[str, str]:
    """Return the version of each installed package, by its name in lower case."""
    listing = [
        str(python),
        "-m",
        "pip",
        "list",
        "--format",
        "freeze",
        "--disable-pip-version-check",
    ]
    lines = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split()
    return {name.lower(): number for name, _, number in (line.partition("==") for line in lines)}
