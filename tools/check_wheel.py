"""Prove the packaging: what is in the archives, and that napari finds the plugin in them.

Builds the sdist, the wheel from the sdist and the wheel from the tree, looks into them, installs
the wheel in a new virtual environment and validates the manifest there; then validates the
editable install that runs this script.

To be quick, the new environment borrows this one's dependencies through a .pth file, so a
dependency missing from pyproject.toml goes unnoticed. ``--with-dependencies`` installs them
instead; run that before a release.
"""

import argparse
import os
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "napari_medscan"
PLUGIN = "napari-medscan"
MANIFEST = f"{PACKAGE}/napari.yaml"
QT_BINDINGS = ("pyqt5", "pyqt6", "pyside2", "pyside6")


def require(condition: bool, complaint: str) -> None:  # noqa: FBT001
    """End with a complaint unless the condition holds."""
    if not condition:
        sys.exit(f"check_wheel: {complaint}")


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command and return what it printed; end with that if it fails."""
    # The checkout must not be importable by accident, nor the answer depend on the user's settings.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment["PYTHONUTF8"] = "1"
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    require(done.returncode == 0, f"failed: {' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def build(out: Path, *what: str) -> Path:
    """Build into an empty folder and return the wheel."""
    run(sys.executable, "-m", "build", "--outdir", out, *what)
    (wheel,) = out.glob("*.whl")
    return wheel


def inspect_sdist(sdist: Path) -> None:
    """Check the source archive."""
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    names = {member.name.partition("/")[2] for member in members}
    for name in ("napari.yaml", "LICENSE", "README.md", f"src/{PACKAGE}/py.typed"):
        require(name in names, f"the sdist lacks {name}")
    require(all(m.isfile() or m.isdir() for m in members), "the sdist holds a link")


def inspect_wheel(wheel: Path) -> set[str]:
    """Check the wheel and return the names in it."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        manifests = [name for name in names if name.endswith("napari.yaml")]
        require(manifests == [MANIFEST], f"manifests in the wheel: {manifests}")
        same = archive.read(MANIFEST) == (ROOT / "napari.yaml").read_bytes()
        require(same, "the wheel's napari.yaml is not the one at the top")
        tops = {name.partition("/")[0] for name in names}
        (info,) = tops - {PACKAGE}
        require(info.endswith(".dist-info"), f"the wheel holds {tops}")
        require(not any("test" in Path(name).parts[1:] for name in names), "tests in the wheel")
        require(f"{info}/licenses/LICENSE" in names, "the wheel lacks its license")
        data = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.npz")}
        require(data <= set(names), f"the wheel lacks {data - set(names)}")
        metadata = message_from_bytes(archive.read(f"{info}/METADATA"))
    require("Framework :: napari" in metadata.get_all("Classifier", []), "no napari classifier")
    for requirement in metadata.get_all("Requires-Dist", []):
        base = "extra ==" not in requirement
        forbidden = requirement.lower().startswith((*QT_BINDINGS, "pylibjpeg-libjpeg"))
        require(not (base and forbidden), f"must not be a base dependency: {requirement}")
    return set(names)


def install(wheel: Path, home: Path, *, with_dependencies: bool) -> Path:
    """Install the wheel in a new virtual environment and return its folder of programs."""
    venv.create(home)
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    if with_dependencies:
        run(*pip, wheel)
    else:
        run(*pip, "--no-deps", wheel)
        where = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
        # The editable install's own .pth in that folder is not followed from here.
        borrowed = Path(where) / "borrowed.pth"
        borrowed.write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return programs


def validate(python: Path, home: Path, cwd: Path) -> None:
    """Check that the package comes from ``home``, and that npe2 accepts it with all its imports."""
    found = run(python, "-c", f"import {PACKAGE}; print({PACKAGE}.__file__)", cwd=cwd).strip()
    require(Path(found).resolve().is_relative_to(home.resolve()), f"imported from {found}")
    print(run(python, "-m", "npe2", "validate", "--imports", PLUGIN, cwd=cwd).strip())


def main() -> None:
    """Run all checks."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--with-dependencies", action="store_true", help="a really clean install")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        wheel = build(scratch / "dist")
        inspect_sdist(next((scratch / "dist").glob("*.tar.gz")))
        names = inspect_wheel(wheel)
        from_tree = inspect_wheel(build(scratch / "tree", "--wheel"))
        require(names == from_tree, f"sdist and tree give other wheels: {names ^ from_tree}")
        print(f"{wheel.name}: {len(names)} files, the same from the sdist and from the tree")

        home = scratch / "venv"
        programs = install(wheel, home, with_dependencies=options.with_dependencies)
        validate(programs / "python", home, scratch)
        run(programs / PLUGIN, "--help", cwd=scratch)
        print("the wheel: manifest, imports and command are good")

        validate(Path(sys.executable), ROOT / "src", scratch)
        print("the editable install: manifest and imports are good")


if __name__ == "__main__":
    main()
