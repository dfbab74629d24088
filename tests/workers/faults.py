"""What a worker is asked to do in the tests: hostile files, acted out."""

from __future__ import annotations

import os
import signal
import time

import numpy as np


def echo(data, **arguments):
    return {"length": len(data), **arguments}, None


def ones(_, *, shape, dtype="<u2"):
    return None, np.ones(shape, dtype)


def crash(_):
    os.kill(os.getpid(), signal.SIGSEGV)


def hang(_):
    time.sleep(60)


def nap(_, *, length):
    time.sleep(length)
    return "awake", None


def spin(_):
    while True:
        pass


def gobble(_):
    return None, np.ones(3 << 30, np.uint8)


def fail(_):
    raise ValueError("Canary^Alice")


def chatter(_):
    os.write(1, b"a codec that prints")
    os.write(2, b"and complains")
    return "done", None


def fill(data, *, out, value):
    out[...] = float(value)
    return {"length": len(data)}
