#!/usr/bin/env python3
"""The QR code for P2P as zbar reads it: the text that the page shows beside it, at each length of a relay's name.

usage: qr_code.py VMSD. Ends with 77 where there is no zbarimg.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PATIENCE, Client, Program  # noqa: E402

SKIPPED = 77
DOTS = 4  # of the picture, a module


def picture_of(svg):
    """The squares of the path as a PGM picture."""
    size = int(re.search(r'viewBox="0 0 (\d+) ', svg)[1])
    rows = [[255] * size * DOTS for _ in range(size * DOTS)]
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg):
        for row in rows[int(y) * DOTS:int(y) * DOTS + DOTS]:
            row[int(x) * DOTS:int(x) * DOTS + DOTS] = [0] * DOTS
    return f"P5 {size * DOTS} {size * DOTS} 255\n".encode() + b"".join(bytes(row) for row in rows)


def scanned(client, folder):
    request = urllib.request.Request(client.base_url + "/api/v1/network/p2p/qr-code.svg",
                                     headers={"Authorization": f"Bearer {client.session['token']}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        pathlib.Path(folder, "code.pgm").write_bytes(picture_of(answer.read().decode()))
    return subprocess.run(["zbarimg", "--quiet", "--raw", f"{folder}/code.pgm"], check=True, capture_output=True, text=True).stdout.strip()


def main():
    if not shutil.which("zbarimg"):
        print("skipped: zbarimg is not installed (tools/setup.sh)")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        with Program(log, sys.argv[1], "--data", f"{folder}/data", "--set", "http.port=0", "--set", "rtsp.port=0") as vmsd:
            client = Client(vmsd.ready["http"]).initialise()
            for server in ("", "relay.example.org", "::1", "r" * 253):
                client.call("PATCH", "/api/v1/settings/p2p", {"server": server})
                code = client.call("GET", "/api/v1/network/p2p")["code"]
                found = scanned(client, folder)
                if found != code or server not in code:
                    print(f"FAILED: zbar reads {found!r}, not {code!r}")
                    return 1
    print("four codes read")
    return 0


if __name__ == "__main__":
    sys.exit(main())
