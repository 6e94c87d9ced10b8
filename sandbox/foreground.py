"""Runs a sandbox until the process is told to stop."""

import os
import signal
import sys
import threading

from sandbox import lines, server


def run(sandbox: server.Sandbox) -> int:
    """Start, say so on one line, wait for SIGTERM or SIGINT, stop; answers the exit status.

    To be called on the main thread, because signals are taken there.
    """
    told = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: told.set())
    try:
        sandbox.start()
    except (lines.AddressTaken, OSError) as error:
        sys.stderr.write(f"The sandbox cannot start: {error}\n")
        return 2
    sys.stdout.write(f"The sandbox is ready: {sandbox.directory / 'sandbox.json'}\n")
    sys.stdout.flush()
    told.wait()
    sandbox.stop()
    if threading.active_count() > 1:
        os._exit(0)  # a customer still waits for a page; Python would wait along
    return 0
