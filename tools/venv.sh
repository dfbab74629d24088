#!/bin/sh
# Make .venv with the project in editable mode and everything a developer needs. Safe to repeat.
# PYTHON=/path/to/python chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."

# A name on PATH proves nothing: a pyenv shim fails when its version is not the active one, and
# Debian's python3 lacks ensurepip until python3-venv is installed. So each candidate is run.
usable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python3.14 /usr/bin/python3; do
        if [ -n "$candidate" ] && usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

if ! { [ -x .venv/bin/pip ] && usable .venv/bin/python; }; then
    if ! python=$(find_python); then
        sh tools/system-libraries.sh python
        python=$(find_python) || {
            echo "napari-medscan needs Python 3.11 or newer, and found none." >&2
            echo "Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2
            exit 1
        }
    fi
    echo "Making .venv with $("$python" --version) ($python)"
    "$python" -m venv --clear .venv
fi
# The first pip that knows dependency groups is 25.1.
.venv/bin/python -m pip install --quiet --upgrade "pip>=25.1"
echo "Installing napari-medscan and its tools into .venv (some minutes the first time)"
# Python compiles what is imported; pip would compile all, which took it two thirds of its time.
.venv/bin/python -m pip install --quiet --no-compile --editable . --group dev
