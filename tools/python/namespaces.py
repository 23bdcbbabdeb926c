"""What tests in network namespaces of their own have in common."""
import os
import shutil
import subprocess

from vmsd_client import PATIENCE


def run(*words):
    """The standard output of a command that must succeed."""
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout


def permitted():
    """Whether namespaces can be made here: it needs iproute2 and the right."""
    name = f"wtry{os.getpid()}"
    if not shutil.which("ip") or subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode != 0:
        return False
    run("ip", "netns", "del", name)
    return True
