#!/usr/bin/env python3
"""Licences that tools/python/maker.py makes by OpenSSL are taken by a vmsd that was started with its key, and by no other.

usage: maker_files.py VMSD; 77: openssl is missing
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program, Refused  # noqa: E402

MAKER = ROOT / "tools/python/maker.py"
SETTINGS = ("--set", "http.port=0", "--set", "rtsp.port=0")


def maker(*words):
    return subprocess.run([sys.executable, MAKER, *map(str, words)], capture_output=True, check=True, timeout=PATIENCE).stdout


def send(client, method, path, data=None):
    """The bytes of the answer to raw bytes."""
    request = urllib.request.Request(client.base_url + path, data=data, method=method)
    request.add_header("Authorization", f"Bearer {client.session['token']}")
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return answer.read()


def import_licence(client, text):
    send(client, "PUT", "/api/v1/system/uploads/licence", text)
    try:
        return client.call("POST", "/api/v1/system/licence", {"encryption": "software"})["state"]
    except Refused as refused:
        return refused.status


def check_licences(vmsd, folder, log, key, public):
    found = {}
    with Program(log, vmsd, "--data", folder / "data", *SETTINGS, "--set", f"maker.key={public}") as server:
        client = Client(server.ready["http"]).initialise()
        file = folder / "server.dat"
        file.write_bytes(send(client, "GET", "/api/v1/system/licence/fingerprints/server.dat"))
        licence = maker("licence", key, file, "--id", "L-1", "--algorithms", "faces", "--channels", 4)
        found["of the maker"] = import_licence(client, licence)
        found["changed"] = import_licence(client, licence.replace(b"channels: 4", b"channels: 400"))
        found["cut short"] = import_licence(client, licence[:-10])
    with Program(log, vmsd, "--data", folder / "data", *SETTINGS) as server:
        client = Client(server.ready["http"])
        client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
        found["without its key"] = client.call("GET", "/api/v1/system/licence")["state"]
    expected = {"of the maker": "valid", "changed": 403, "cut short": 400, "without its key": "invalid"}
    return [f"a licence {name}: {found[name]}, not {expected[name]}" for name in expected if found[name] != expected[name]]


def main():
    if not shutil.which("openssl"):
        return 77
    with tempfile.TemporaryDirectory() as name, open(f"{name}/log", "w+", encoding="utf-8") as log:
        folder = pathlib.Path(name)
        key = folder / "key.pem"
        public = maker("key", key).decode().strip()
        wrong = check_licences(sys.argv[1], folder, log, key, public)
    for line in wrong:
        print(f"FAILED: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
