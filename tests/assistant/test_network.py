"""What is the network, and what is expected of it; and the guard of all tests."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from napari_medscan.assistant import network
from napari_medscan.assistant.hosts import parse
from napari_medscan.assistant.network import Usage, observing, usage, watch

from .serving import question

ELSEWHERE = "192.0.2.1"  # TEST-NET-1, RFC 5737


def connect():
    with socket.socket() as sock:
        sock.settimeout(0.01)
        sock.connect((ELSEWHERE, 9))


def send_datagram():
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"", (ELSEWHERE, 9))


TRIES = [
    connect,
    send_datagram,
    lambda: socket.getaddrinfo("name.invalid", 443),
    lambda: socket.gethostbyname("name.invalid"),
    lambda: socket.gethostbyaddr(ELSEWHERE),
    lambda: socket.getnameinfo((ELSEWHERE, 9), 0),
]
NAMES = ["connect", "datagram", "getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo"]


@pytest.fixture
def attempts():
    """Return what was tried, and have it fail before the guard of all tests hears of it."""
    tried = []

    def refuse(attempt):
        tried.append(attempt)
        raise InterruptedError

    before = network._watch.observers
    network._watch.observers = (refuse,)
    yield tried
    network._watch.observers = before


@pytest.mark.parametrize("attempt", TRIES, ids=NAMES)
def test_what_the_network_is(attempt, attempts):
    watch()
    before = usage().unexpected
    with pytest.raises(InterruptedError):
        attempt()
    (tried,) = attempts
    assert not tried.is_expected
    assert not tried.is_local
    assert usage().unexpected == before + 1


@pytest.fixture
def sender():
    """Return what runs a function on a thread; one for each client."""
    with contextlib.ExitStack() as threads:

        def begin():
            thread = threads.enter_context(ThreadPoolExecutor(1))
            return lambda function: thread.submit(function).result(10)

        yield begin


@pytest.mark.parametrize("attempt", TRIES, ids=NAMES)
def test_a_send_is_counted_once_at_the_first_thing_it_tries(attempt, attempts, sender):
    watch()
    before = usage()

    def send():
        with network.sending(network.Ticket(parse("https://name.invalid/v1"))):
            for _ in range(2):
                with pytest.raises(InterruptedError):
                    attempt()

    sender()(send)
    assert [tried.is_expected for tried in attempts] == [True, True]
    assert usage() == Usage(before.expected + 1, before.unexpected)


def test_the_end_of_one_clients_send_is_not_that_of_anothers(attempts, sender):
    watch()
    one, other = sender(), sender()
    of_one = network.sending(network.Ticket(parse("https://one.invalid/v1")))
    of_other = network.sending(network.Ticket(parse("http://localhost:9/v1")))
    before = usage()
    one(of_one.__enter__)
    other(of_other.__enter__)
    one(lambda: of_one.__exit__(None, None, None))
    # Still refused by its own ticket, before anybody else hears of it.
    with pytest.raises(ConnectionRefusedError):
        other(connect)
    with pytest.raises(InterruptedError):
        one(connect)
    other(lambda: of_other.__exit__(None, None, None))
    assert [tried.is_expected for tried in attempts] == [False]
    assert usage() == Usage(before.expected + 1, before.unexpected + 1)


def test_a_name_that_a_send_looks_up_in_another_thread_is_expected(asking, attempts):
    before = usage()
    asking.ask(question("https://name.invalid/v1"))
    assert {(tried.event, tried.is_expected) for tried in attempts} == {
        ("socket.getaddrinfo", True)
    }
    assert usage() == Usage(before.expected + 1, before.unexpected)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no such sockets")
def test_sockets_of_the_system_are_none(attempts):
    watch()
    before = usage()
    # pytest's own folder can be too long for such a name.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        path = str(Path(folder) / "s")
        listening.bind(path)
        listening.listen()
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(path)
    assert attempts == []
    assert usage() == before


@pytest.mark.usefixtures("network_allowed")
def test_this_computer_is_none_either():
    watch()
    before = usage()
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    assert usage() == before


@pytest.mark.usefixtures("network_allowed")
def test_observers_come_and_go():
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        with observing(lambda attempt: seen.append(attempt.host)):
            socket.create_connection(server.getsockname()).close()
        socket.create_connection(server.getsockname()).close()
    assert seen == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("counted", "text"),
    [
        (Usage(), "Network: not used in this session"),
        (Usage(1), "Network: used once (see audit log)"),
        (Usage(3), "Network: used 3 times (see audit log)"),
        (Usage(0, 2), "Network: not used by the assistant; used 2 times by other code in napari"),
        (Usage(1, 1), "Network: used once (see audit log); used once by other code in napari"),
    ],
)
def test_what_the_dock_says(counted, text):
    assert counted.text == text


CONNECTING = """
import contextlib, socket, threading, pytest

def local():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()

def look_up():
    with contextlib.suppress(OSError):
        socket.getaddrinfo("name.invalid", 443)

def test_nothing(): pass
def test_hidden(): look_up()
def test_in_a_thread():
    thread = threading.Thread(target=look_up); thread.start(); thread.join()
def test_local():
    with contextlib.suppress(OSError): local()
def test_local_allowed(network_allowed): local()
def test_elsewhere_although_allowed(network_allowed): look_up()
"""


def test_the_guard_of_all_tests(tmp_path):
    (tmp_path / "conftest.py").write_text(
        Path(__file__).parents[1].joinpath("conftest.py").read_text()
    )
    (tmp_path / "test_it.py").write_text(CONNECTING)
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--no-header"]
    # Plugins, Qt among them, take seconds to load.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [*command, "test_it.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    failed = re.findall(r"^(?:ERROR|FAILED) test_it.py::(\w+)", done.stdout, re.MULTILINE)
    assert sorted(failed) == [
        "test_elsewhere_although_allowed",
        "test_hidden",
        "test_in_a_thread",
        "test_local",
    ]
