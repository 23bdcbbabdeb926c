"""Starting programs, reading their ready line and what the kernel says of them (proc(5)). Linux only."""

import contextlib
import json
import os
import pathlib
import platform
import select
import signal
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class BenchError(Exception):
    """Something outside went wrong; the text says what, and what to do."""


def start(command, log_path):
    """A child with standard error in a log and standard output in a pipe; stop() it when done."""
    log = open(log_path, "w")
    try:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, text=True)
    except FileNotFoundError as error:
        raise BenchError(f"{command[0]} does not exist: build it with ./tools/run.sh") from error
    finally:
        log.close()


def read_ready(process, log_path, seconds=30):
    """The JSON ready line that vmsd and `watchrig rig` print."""
    readable, _, _ = select.select([process.stdout], [], [], seconds)
    line = process.stdout.readline() if readable else ""
    if not line:
        raise BenchError(f"{process.args[0]} was not ready within {seconds} s: see {log_path}")
    return json.loads(line)


def stop(process, seconds=20):
    """SIGTERM, and SIGKILL if that does not help in time."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    if process.poll() is None:
        process.kill()
        process.wait()


def cpu_seconds(pid):
    """User and system time of a process and all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_bytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES


def written_bytes(pid):
    """Bytes that the process caused to be sent to storage: what preallocation or sparse files do not blur."""
    for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    raise BenchError(f"/proc/{pid}/io has no write_bytes: run on Linux with task I/O accounting")


class Window:
    """What a group of processes used between open() and close(), with their memory sampled once a second."""

    def __init__(self, pids):
        self.pids = pids
        self.rss = []

    def run(self, seconds):
        begin = time.monotonic()
        cpu = sum(map(cpu_seconds, self.pids))
        written = sum(map(written_bytes, self.pids))
        while (left := begin + seconds - time.monotonic()) > 0:
            self.rss.append(sum(map(rss_bytes, self.pids)))
            time.sleep(min(1.0, left))
        elapsed = time.monotonic() - begin
        tenth = max(1, len(self.rss) // 10)
        return {
            "seconds": round(elapsed, 2),
            "cpu_seconds": round(sum(map(cpu_seconds, self.pids)) - cpu, 2),
            "written_bytes": sum(map(written_bytes, self.pids)) - written,
            "rss_first_bytes": sum(self.rss[:tenth]) // tenth,
            "rss_last_bytes": sum(self.rss[-tenth:]) // tenth,
            "rss_max_bytes": max(self.rss),
        }


def machine():
    """What a figure needs beside it to be compared."""
    cpu = next(
        (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    memory = os.sysconf("SC_PHYS_PAGES") * PAGE_BYTES
    return {
        "processor": cpu,
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1e9, 1),
        "kernel": platform.release(),
    }
