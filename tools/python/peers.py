"""Where the servers are that tests use as peers but that are not installed, since Debian would start them."""
import os
import pathlib
import shutil

UNPACKED = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "watchrig/peers/bin"


def find(program):
    """Its path: one that is installed, else the one that tools/setup.sh has unpacked, else None."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin") or shutil.which(program, path=UNPACKED)


def missing(program):
    """Why a test that needs it is skipped."""
    return f"skipped: there is no {program}, neither installed nor in {UNPACKED} (./tools/setup.sh unpacks it there when it has a network)"
