"""A session of everything but Send, in a process of its own: nothing is tried, nothing is missed.

Once where there is a network, under the watch that the dock uses; once where there is none at all.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WATCHED = """
import json, socket, sys
from pathlib import Path
from napari_medscan.assistant import network

attempts = []
with network.observing(lambda attempt: attempts.append(f"{attempt.event} {attempt.host}")):
    # Within: importing is part of the session.
    from offline_session import session
    done = session(Path(sys.argv[1]))
    tried = list(attempts)
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        has_route = sock.connect_ex(("192.0.2.1", 9)) == 0  # sends nothing
told = {"done": done, "attempts": tried, "seen": attempts[len(tried):], "has_route": has_route}
told["httpx"] = "httpx" in sys.modules
told["interfaces"] = [name for _, name in socket.if_nameindex()]
print(json.dumps(told))
"""
WITHOUT_NETWORK = ("unshare", "--user", "--map-root-user", "--net")
"""Runs a program in a network namespace that has a loopback interface alone, which is down."""


def run(folder, *prefix):
    """Run the session and return what it tells."""
    environment = {**os.environ, "NAPARI_CONFIG": ""}
    done = subprocess.run(
        [*prefix, sys.executable, "-c", WATCHED, str(folder)],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def refusal():
    """Return why no program can be run without a network here; empty when it can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if shutil.which("unshare") is None:
        return "there is no unshare"
    tried = subprocess.run([*WITHOUT_NETWORK, "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip()


def whole(told):
    assert told["attempts"] == []
    assert told["seen"] == ["socket.connect 192.0.2.1"], "the watch is awake"
    assert not told["httpx"]
    for step in (
        "opened",
        "presets",
        "planes and volume",
        "preview",
        "mask",
        "image saved",
        "audit",
    ):
        assert step in told["done"]


@pytest.mark.usefixtures("qapp")
def test_a_session_of_everything_but_send_tries_no_connection(tmp_path):
    whole(run(tmp_path))


@pytest.mark.skipif(not os.environ.get("MEDSCAN_TORTURE"), reason="for make torture")
@pytest.mark.usefixtures("qapp")
def test_the_same_session_lacks_nothing_where_there_is_no_network(tmp_path):
    reason = refusal()
    if reason:
        pytest.skip(f"NOT TESTED without a network interface: {reason}")
    told = run(tmp_path, *WITHOUT_NETWORK)
    whole(told)
    assert told["interfaces"] == ["lo"]
    assert not told["has_route"]
