#!/bin/sh
# Install the system libraries that pip cannot bring: what Qt's xcb plugin and OpenGL load, a
# software renderer and a virtual screen where there is no display, Python itself, and what tests
# check DICOM files and move the mouse with.
#
#   tools/system-libraries.sh [python]
#
# Libraries are looked for by soname, not by package: package names differ between releases
# (libglib2.0-0, libglib2.0-0t64), sonames do not. Silent when nothing is missing.
set -eu

packages=
need() { packages="$packages $1"; }

case "${1:-qt}" in
python)
    need python3
    need python3-venv
    ;;
validator)
    # Tests that need these say so and are skipped without them: no system has to have them.
    command -v apt-get >/dev/null || exit 0
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || exit 0
    command -v dciodvfy >/dev/null || need dicom3tools
    # Sends mouse and keys.
    PATH="$PATH:/usr/sbin:/sbin"
    ldconfig -p | grep -q 'libXtst\.so\.6 ' || need libxtst6
    ;;
qt)
    [ "$(uname -s)" = Linux ] || exit 0
    PATH="$PATH:/usr/sbin:/sbin" # where Debian keeps ldconfig, out of a user's PATH
    command -v ldconfig >/dev/null || exit 0 # not a distribution we can judge (NixOS, musl)
    present=$(ldconfig -p)
    while read -r soname package; do
        case "$present" in *"$soname "*) ;; *) need "$package" ;; esac
    done <<'TABLE'
libEGL.so.1 libegl1
libGL.so.1 libgl1
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libglib-2.0.so.0 libglib2.0-0
libX11-xcb.so.1 libx11-xcb1
libxkbcommon.so.0 libxkbcommon0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-sync.so.1 libxcb-sync1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
TABLE
    if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
        command -v xvfb-run >/dev/null || need xvfb
        command -v xauth >/dev/null || need xauth # xvfb-run calls it, and only recommends it
        # The software renderer; where it lies differs between distributions.
        find /usr/lib*/dri /usr/lib/*/dri -name '*_dri.so' 2>/dev/null | grep -q . ||
            need libgl1-mesa-dri
        # Without any font Qt draws boxes.
        [ -n "$(ls -A /usr/share/fonts 2>/dev/null)" ] || need fonts-dejavu-core
    fi
    ;;
esac
[ -n "$packages" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "Missing on this system (named as Debian names them):$packages" >&2
    echo "Install them with this system's package manager, then run the command again." >&2
    exit 1
elif [ "$(id -u)" = 0 ]; then
    sudo=
elif sudo -n true 2>/dev/null; then
    sudo="sudo -n"
else
    echo "Some system packages are missing. Install them, then run the command again:" >&2
    echo "    sudo apt-get update && sudo apt-get install$packages" >&2
    exit 1
fi

echo "Installing system packages:$packages"
# shellcheck disable=SC2086  # both are lists of words
{
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq --no-install-recommends $packages
} </dev/null >/dev/null
