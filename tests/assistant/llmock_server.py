"""``llmock serve``: a server that was not written here, which answers and judges the client."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager


class Judge:
    """The server, on this computer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path, content=None):
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self.url}{path}", data)  # noqa: S310
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def break_next(self, **behavior):
        self.get("/_llmock/scenario", {"behaviors": [behavior]})

    def check(self, calls: int) -> None:
        """Fail unless it found nothing wrong with so many calls, none of them repeated."""
        verdict = self.get("/_llmock/verdict")
        assert verdict["findings"] == []
        assert (verdict["calls"], verdict["attempts"]) == (calls, calls)


@contextmanager
def judging() -> Iterator[Judge]:
    """Run the server."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    code = "from llmock.cli import app; app()"
    options = ["--port", str(port), "--response-style", "echo", "--log-level", "error"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LLMOCK_")}
    process = subprocess.Popen([sys.executable, "-c", code, "serve", *options], env=environment)
    try:
        judge, until = Judge(port), time.monotonic() + 60
        while True:
            try:
                judge.get("/_llmock/reset", {})
                break
            except OSError:
                assert process.poll() is None, "llmock ended"
                assert time.monotonic() < until, "llmock does not start"
                time.sleep(0.1)
        yield judge
    finally:
        process.terminate()
        process.wait(10)
