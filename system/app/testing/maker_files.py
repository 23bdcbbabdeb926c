#!/usr/bin/env python3
"""What tools/python/maker.py makes by OpenSSL is taken by a vmsd that was started with its key, and by no other: licences, and upgrades,
which the server runs from then on. One that is no upgrade, does not start or was changed leaves the version as it is.

usage: maker_files.py VMSD; 77: openssl is missing
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program, Refused  # noqa: E402

MAKER = ROOT / "tools/python/maker.py"
MARK = b"watchrig-version="
PIECE = 1 << 20
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


def newer(vmsd, version):
    """The bytes of the program with another version of the same length."""
    program = pathlib.Path(vmsd).read_bytes()
    at = program.index(MARK) + len(MARK)
    return program[:at] + version.encode() + program[at + len(version):]


def package(folder, key, program, version, *more):
    (folder / "vmsd").write_bytes(program)
    return maker("upgrade", key, version, folder / "vmsd", *more)


def sign_in(server):
    client = Client(server.ready["http"])
    client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
    client.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    return client


def upload(client, content, kind="update"):
    for at in range(0, len(content), PIECE):
        send(client, "PUT", f"/api/v1/system/uploads/{kind}?offset={at}", content[at:at + PIECE])


def answer_to(client, path, name="new.bin", kind="update"):
    try:
        client.call("POST", path, {"name": name, "kind": kind})
        return 200
    except Refused as refused:
        return refused.status


def version_after(client, version):
    """The version that the server says, once it is this one, or after a while."""
    end = time.monotonic() + PATIENCE
    found = None
    while found != version and time.monotonic() < end:
        time.sleep(0.1)
        try:
            client.session = None
            client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
            found = client.call("GET", "/api/v1/system/about")["system_version"]
        except (OSError, Refused):
            pass
    return found


def events(client, name):
    return client.call("GET", f"/api/v1/logs/system?type=system.{name}")["total"]


def check_upgrades(vmsd, folder, log, key, public):
    data = folder / "data"
    words = (vmsd, "--data", data, *SETTINGS, "--set", f"maker.key={public}")
    found = {}
    with Program(log, *words) as server:
        client = sign_in(server)
        old = server.ready["version"]
        new = old[:-1] + "9"
        good = package(folder, key, newer(vmsd, new), new)
        broken = newer(vmsd, new).replace(b"CREATE TABLE", b"CREATE TABEL")
        for name, content in {"that does not start": package(folder, key, broken, new), "that is a script": package(folder, key, b"#!/bin/sh\n", new),
                              "that lies about its version": package(folder, key, newer(vmsd, new), old[:-1] + "8"),
                              "that is no newer": package(folder, key, newer(vmsd, new), old)}.items():
            upload(client, content)
            found[name] = answer_to(client, "/api/v1/system/upgrade")
        upload(client, good)
        found["while it is uploaded, a restart"] = answer_to_restart(client)
        found["that is good"] = answer_to(client, "/api/v1/system/upgrade")
        found["its version"] = version_after(client, new) == new
        found["its event"] = events(client, "upgraded")
        pid = server.process.pid
        found["its process"] = client.call("GET", "/api/v1/system")["pid"] == pid
    with Program(log, *words) as server:
        found["after another start"] = server.ready["version"] == new
    program = data / "upgrade" / new / "vmsd"
    content = program.read_bytes()
    program.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with Program(log, *words) as server:
        found["changed on the disk"] = server.ready["version"] == old
        found["the event of that"] = events(sign_in(server), "upgrade-failed")
    check_those_that_break(words, folder, key, new, data, log, found)
    expected = {"that does not start": 400, "that is a script": 400, "that lies about its version": 400, "that is no newer": 409,
                "while it is uploaded, a restart": 409, "that is good": 200, "its version": True, "its event": 1, "its process": True,
                "after another start": True, "changed on the disk": True, "the event of that": 1, "that breaks": True, "its failure": 3}
    return [f"an upgrade {name}: {found.get(name)}, not {expected[name]}" for name in expected if found.get(name) != expected[name]]


def answer_to_restart(client):
    try:
        client.call("POST", "/api/v1/system/restart", {})
        return 200
    except Refused as refused:
        return refused.status


def check_those_that_break(words, folder, key, new, data, log, found):
    """They started by way of trial, and later they do not: one cannot make an index anew, the other is no program."""
    place = data / "upgrade" / new
    good = newer(words[0], new)
    for program in good.replace(b"CREATE TABLE", b"CREATE TABEL"), b"#!/nowhere\n":
        content = package(folder, key, program, new)
        place.mkdir(exist_ok=True)
        (place / "vmsd").write_bytes(program)
        (place / "vmsd").chmod(0o700)
        (place / "beginning").write_bytes(content[:len(content) - len(program)])
        (data / "upgrade/installed").write_text(new)
        for index in (data / "recordings").rglob("index.sqlite*"):
            index.unlink()  # made anew by whoever can
        with Program(log, *words) as server:
            found["that breaks"] = found.get("that breaks", True) and server.ready["version"] != new
            found["its failure"] = events(sign_in(server), "upgrade-failed")


def main():
    if not shutil.which("openssl"):
        return 77
    with tempfile.TemporaryDirectory() as name, open(f"{name}/log", "w+", encoding="utf-8") as log:
        folder = pathlib.Path(name)
        key = folder / "key.pem"
        public = maker("key", key).decode().strip()
        wrong = check_licences(sys.argv[1], folder, log, key, public)
        wrong += check_upgrades(sys.argv[1], folder, log, key, public)
    for line in wrong:
        print(f"FAILED: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
