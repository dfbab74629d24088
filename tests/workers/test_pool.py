"""Workers may crash, hang or lie; the host goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from napari_medscan.workers import WorkerError, WorkerPool, process
from napari_medscan.workers import pool as pool_module


@pytest.fixture
def pool(tmp_path, monkeypatch):
    """Return a pool of two whose workers can import the faults as if they were ours."""
    from . import faults

    package = tmp_path / "napari_medscan_tests"
    package.mkdir()
    (package / "sitecustomize.py").write_text(
        "import sys, importlib.util as u\n"
        f"spec = u.spec_from_file_location('napari_medscan.faults', {faults.__file__!r})\n"
        "module = u.module_from_spec(spec)\n"
        "sys.modules['napari_medscan.faults'] = module\n"
        "spec.loader.exec_module(module)\n"
    )
    monkeypatch.setattr(sys, "path", [str(package), *sys.path])
    pool = WorkerPool(2)
    yield pool
    pool.close()


def call(pool, function, data=b"", *, seconds=20.0, **options):
    return pool.call(f"napari_medscan.faults:{function}", data, seconds=seconds, **options)


def test_a_function_gets_data_and_arguments_and_returns_plain_data(pool):
    result, array = call(pool, "echo", b"x" * 100_000, word="ü", number=3)
    assert result == {"length": 100_000, "word": "ü", "number": 3}
    assert array is None


@pytest.mark.parametrize("shape", [(3, 4), (512, 512), (2, 3, 3), (1,)])
def test_arrays_come_back_whole_and_are_the_caller_s_own(pool, shape):
    _, first = call(pool, "ones", shape=shape, memory=4 * int(np.prod(shape)))
    first *= 7
    _, second = call(pool, "ones", shape=shape, memory=4 * int(np.prod(shape)))
    assert np.array_equal(second, np.ones(shape))


def test_more_than_was_asked_for_is_refused(pool):
    with pytest.raises(WorkerError, match="memory"):
        call(pool, "ones", shape=(4 << 20,), memory=1000)


def test_a_crash_costs_the_request_and_nothing_else(pool):
    with pytest.raises(WorkerError, match="corrupt data"):
        call(pool, "crash")
    assert call(pool, "echo")[0] == {"length": 0}


def test_a_hang_ends_at_its_deadline(pool):
    call(pool, "echo")
    started = time.monotonic()
    with pytest.raises(WorkerError, match="timed out"):
        call(pool, "hang", seconds=0.5)
    assert time.monotonic() - started < 10
    assert call(pool, "echo")[0] == {"length": 0}


def test_a_worker_that_waits_for_a_core_gets_more_time_than_its_deadline(pool, monkeypatch):
    """It sleeps here: like on a busy machine, time passes and nothing is computed."""
    call(pool, "echo")
    for patience, works in ((100, True), (1, False)):
        monkeypatch.setattr(pool_module, "PATIENCE", patience)
        if works:
            assert call(pool, "nap", seconds=0.2, length=0.8)[0] == "awake"
        else:
            with pytest.raises(WorkerError, match="timed out"):
                call(pool, "nap", seconds=0.2, length=0.8)


def test_a_worker_that_computes_all_the_time_ends_at_its_deadline(pool):
    call(pool, "echo")
    started = time.monotonic()
    with pytest.raises(WorkerError, match="timed out"):
        call(pool, "spin", seconds=0.3)
    assert time.monotonic() - started < 10


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux")
def test_a_worker_cannot_take_more_memory_than_its_limit(pool):
    with pytest.raises(WorkerError, match="memory"):
        call(pool, "gobble", memory=1 << 20)


def test_an_exception_of_a_codec_says_nothing_of_the_file(pool):
    with pytest.raises(WorkerError) as info:
        call(pool, "fail")
    assert "Canary" not in str(info.value)


def test_what_codecs_print_does_not_disturb(pool):
    assert call(pool, "chatter")[0] == "done"
    assert call(pool, "echo")[0] == {"length": 0}


def test_only_functions_of_this_package_are_called(pool):
    with pytest.raises(WorkerError):
        pool.call("os:getcwd", b"", seconds=20)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no SIGSTOP here")
@pytest.mark.parametrize(
    "name",
    [
        "SIGKILL",
        pytest.param(
            "SIGSTOP",
            marks=pytest.mark.skipif(
                not os.environ.get("MEDSCAN_TORTURE"), reason="for make torture"
            ),
        ),
    ],
)
def test_workers_killed_or_stopped_from_outside_are_replaced(pool, name, monkeypatch):
    monkeypatch.setattr(pool_module, "START_SECONDS", 0.0)
    for _ in range(2):
        call(pool, "echo")
    pool.warm_up()
    for worker in list(pool._all):
        os.kill(worker._process.pid, getattr(signal, name))
    failed = 0
    for _ in range(4):
        try:
            call(pool, "echo", seconds=3)
        except WorkerError:
            failed += 1
    assert failed <= 2
    assert call(pool, "echo")[0] == {"length": 0}


def test_calls_from_many_threads_share_the_workers(pool):
    found = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(call(pool, "echo", number=n)[0]["number"]))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(12))
    assert len(pool._all) == 2


def test_a_call_waits_for_a_busy_worker_that_is_soon_free_and_else_starts_another(
    pool, monkeypatch
):
    call(pool, "echo")
    monkeypatch.setattr(pool_module, "_SOON", 20.0)
    (worker,) = pool._idle
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: call(pool, "echo"), range(4)))
        assert pool._all == {worker}
        monkeypatch.setattr(pool_module, "_SOON", 0.0)
        pool._idle.clear()
        call(pool, "echo")
    assert len(pool._all) == 2


def test_idle_workers_are_stopped_and_start_again(pool, monkeypatch):
    monkeypatch.setattr(pool_module, "IDLE_SECONDS", 0.2)
    call(pool, "echo")
    (worker, *_) = pool._all
    worker._process.wait(timeout=10)
    assert call(pool, "echo")[0] == {"length": 0}


def test_closing_leaves_no_process_and_no_memory(pool):
    call(pool, "ones", shape=(10,), memory=100)
    workers = list(pool._all)
    pool.close()
    assert all(worker._process.poll() is not None for worker in workers)
    assert all(worker._memory.size == 0 for worker in workers)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ([-1, 5], "<u2"),
        ([1 << 40], "<u2"),
        ([1 << 62, 8], "<u2"),
        ([0, 1 << 70], "<u2"),
        ([2], "O"),
    ],
)
def test_a_lie_about_the_array_is_refused(shape, dtype):
    with pytest.raises(WorkerError):
        pool_module._announced({"shape": shape, "dtype": dtype}, 100)


def test_a_worker_fills_an_array_of_the_caller(pool):
    out = np.zeros((2, 3), np.float32)
    told = pool.fill("napari_medscan.faults:fill", b"abc", out, seconds=20, value=2.5)
    assert told == {"length": 3}
    assert np.array_equal(out, np.full((2, 3), 2.5))


def test_an_array_that_could_not_be_filled_is_left_alone(pool):
    out = np.zeros(3)
    with pytest.raises(WorkerError):
        pool.fill("napari_medscan.faults:fill", b"", out, seconds=20, value="no number")
    assert not out.any()


def test_a_worker_imports_little():
    heavy = {"napari", "pydicom", "qtpy", "pandas", "scipy", "httpx"}
    code = f"import sys, {process.__name__}; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_decoding_imports_nothing_that_opens_files():
    """A worker shall be ready soon."""
    code = (
        "import sys, napari_medscan.dicom.pixels.decoding;"
        " print([name for name in sys.modules if name in"
        " ('napari_medscan.dicom.loading', 'napari_medscan.dicom.elements.isolation', 'pydicom')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_worker_that_two_threads_stop_frees_its_memory_once(pool):
    """So it is at the end of a process: the pool closes while a caller is still waiting."""
    call(pool, "ones", shape=(4,), memory=16)
    (worker,) = [worker for worker in pool._all if worker._memory.size]
    memory, failures = worker._memory, []

    class Slow:
        def close(self):
            time.sleep(0.1)
            memory.close()

    def stop():
        try:
            worker.stop()
        except OSError as error:
            failures.append(error)

    worker._memory = Slow()
    threads = [threading.Thread(target=stop) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_stopped_worker_takes_no_memory(pool):
    call(pool, "ones", shape=(4,), memory=16)
    (worker,) = [worker for worker in pool._all if worker._memory.size]
    worker.stop()
    assert worker.ask({"function": "", "arguments": {}}, b"", 1.0, 1 << 20) is None
    with pytest.raises(WorkerError):
        worker.fetch(np.empty(4, np.uint16))
    assert worker._memory.size == 0


SHARED = Path("/dev/shm")  # noqa: S108 - where Linux keeps shared memory
KILLED = """
import os, sys, signal
from napari_medscan.workers import WorkerPool
pool = WorkerPool(1)
try:
    pool.call("napari_medscan.workers.messages:read_message", b"x" * 3_000_000, seconds=30)
except Exception:
    pass

print("ready", flush=True)
signal.pause()
"""


@pytest.mark.skipif(not SHARED.is_dir(), reason="there is no /dev/shm")
def test_no_shared_memory_is_left_when_everything_is_killed():
    host = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert host.stdout.readline() == b"ready\n"
    mapped = Path(f"/proc/{host.pid}/maps").read_text()
    assert "napari-medscan" in mapped, "it shares memory"
    # What has a name there stays there, when nobody is left who would remove it.
    assert f"{SHARED}/" not in mapped
    os.killpg(host.pid, signal.SIGKILL)
    host.wait(20)
    host.stdout.close()
