"""A worker that is stuck in native code ends nevertheless, so that its folder's lock is free again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

STUCK = """
import ctypes, signal, sys
from openft.server.engine.worker import listen_for_the_end
stopping = listen_for_the_end(patience=float(sys.argv[1]))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # this thread has no ear for it, and runs no handler
print("stuck", flush=True)
ctypes.CDLL(None).sleep(1)
print(stopping.is_set(), flush=True)
ctypes.CDLL(None).sleep(50)
"""


def begin(patience: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK, patience], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    assert process.stdout
    assert process.stdout.readline() == b"stuck\n"
    return process


def close_its_stdin(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    process.stdin.write(b"what is written there means nothing")
    time.sleep(0.1)
    process.stdin.close()


@pytest.mark.parametrize("tell", [subprocess.Popen.terminate, close_its_stdin])
def test_a_stuck_worker_that_is_told_to_stop_ends_when_patience_does(
    tell: Callable[[subprocess.Popen[bytes]], None],
) -> None:
    with begin("0.2") as process:
        tell(process)
        assert process.wait(10) == 1


@pytest.mark.parametrize("tell", [subprocess.Popen.terminate, close_its_stdin])
def test_until_then_it_is_left_in_peace_and_knows(tell: Callable[[subprocess.Popen[bytes]], None]) -> None:
    with begin("30") as process:
        tell(process)
        assert process.stdout
        assert process.stdout.readline() == b"True\n"
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
