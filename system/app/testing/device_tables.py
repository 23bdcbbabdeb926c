#!/usr/bin/env python3
"""Reads vmsd's device tables with Python's csv module, and gives it tables that Python writes in the dialects of
spreadsheets; a backup goes to another server, which refuses it. usage: device_tables.py VMSD
"""
import csv
import io
import json
import pathlib
import secrets
import sys
import tempfile
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

LARGE = 6000  # devices
MEBI = 1 << 20
NAMES = ["plain", "comma, semicolon; tab\t", 'quote "x"', "Tür 7", "=1+1", "+49 30", "-minus", "@SUM(A1)", "'=1", "'apostrophe", "日本"]


def ask(client, method, path, body=None):
    request = urllib.request.Request(client.base_url + path, method=method, data=body)
    request.add_header("Authorization", f"Bearer {client.session['token']}")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def table(names, dialect, encoding):
    text = io.StringIO(newline="")
    writer = csv.writer(text, **dialect)
    writer.writerow(["Name", "IP", "Port", "User", "Password"])
    for number, name in enumerate(names):
        writer.writerow([name, f"10.0.0.{number + 1}", 554, "u", "Zq-secret-55"])
    return text.getvalue().encode(encoding)


def formula_free(field):
    return field[:1] not in ("=", "+", "-", "@", "\t", "\r")


def names_of(admin):
    return [device["name"] for device in json.loads(ask(admin, "GET", "/api/v1/devices?limit=1000")[1])["devices"]]


def check_dialect(admin, title, dialect, encoding, wrong):
    # A tab is trimmed off at the end of a field, and control characters are no name.
    names = [f"{title} {name}" if formula_free(name) and not name.startswith("'") else name + title for name in NAMES if "\t" not in name]
    answer = json.loads(ask(admin, "POST", "/api/v1/devices/import", table(names, dialect, encoding))[1])
    expected = [name[1:] if name.startswith("'=") else name for name in names]
    if answer.get("added") != len(names):
        wrong.append(f"{title}: {answer}")
    missing = [name for name in expected if name not in names_of(admin)]
    if missing:
        wrong.append(f"{title}: {missing} did not arrive")
    status, exported = ask(admin, "GET", "/api/v1/devices/export.csv")
    rows = list(csv.reader(io.StringIO(exported.decode("utf-8-sig"), newline="")))
    for row in rows[1:]:
        if not all(formula_free(field) for field in row):
            wrong.append(f"{title}: {row} holds a formula")
    if status != 200 or len(rows) != len(names) + 1 or any(len(row) != 6 for row in rows) or b"Zq-secret-55" in exported:
        wrong.append(f"{title}: exported {rows}")
    backup = ask(admin, "GET", "/api/v1/devices/export.backup")[1]
    if b"Zq-secret" in backup or b"10.0.0" in backup:
        wrong.append(f"{title}: the backup is readable")
    ids = [device["id"] for device in json.loads(ask(admin, "GET", "/api/v1/devices?limit=1000")[1])["devices"]]
    ask(admin, "POST", "/api/v1/devices/removal", json.dumps({"ids": ids}).encode())
    again = json.loads(ask(admin, "POST", "/api/v1/devices/import", exported)[1])
    listed = [row["device"]["name"] for row in again["rows"] if row["status"] == "incomplete"]
    if sorted(listed) != sorted(expected):  # without passwords, each row is to be completed
        wrong.append(f"{title}: imported again {listed}")
    restored = json.loads(ask(admin, "POST", "/api/v1/devices/import", backup)[1])
    if restored.get("added") != len(names) or sorted(names_of(admin)) != sorted(expected):
        wrong.append(f"{title}: restored {restored}")
    ids = [device["id"] for device in json.loads(ask(admin, "GET", "/api/v1/devices?limit=1000")[1])["devices"]]
    ask(admin, "POST", "/api/v1/devices/removal", json.dumps({"ids": ids}).encode())
    return backup


def upload(admin, text):
    for offset in range(0, len(text), MEBI):
        ask(admin, "PUT", f"/api/v1/system/uploads/devices?offset={offset}", text[offset:offset + MEBI])


def check_large(admin, wrong):
    """A table and a backup that are over the limit of a body."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Name", "IP", "Port", "User", "Password"])
    for number in range(LARGE):  # what compresses badly
        writer.writerow([f"{number}-{secrets.token_hex(20)}", "127.0.0.1", 1, secrets.token_hex(60), secrets.token_hex(60)])
    content = text.getvalue().encode()
    status, _ = ask(admin, "POST", "/api/v1/devices/import?uploaded=true", b"")
    if status != 409:
        wrong.append(f"without an upload: {status}")
    for file, title in ((content, "table"), (None, "backup")):
        if file is None:
            file = ask(admin, "GET", "/api/v1/devices/export.backup")[1]
            while ids := [device["id"] for device in json.loads(ask(admin, "GET", "/api/v1/devices?limit=1000")[1])["devices"]]:
                ask(admin, "POST", "/api/v1/devices/removal", json.dumps({"ids": ids}).encode())
        status, _ = ask(admin, "POST", "/api/v1/devices/import", file)
        if len(file) <= MEBI or status != 413:
            wrong.append(f"a {title} of {len(file)} bytes as one body: {status}")
        upload(admin, file)
        answer = json.loads(ask(admin, "POST", "/api/v1/devices/import?uploaded=true", b"")[1])
        if ask(admin, "POST", "/api/v1/devices/import?uploaded=true", b"")[0] != 409:
            wrong.append(f"the upload of a {title}, with its passwords, stays")
        if answer.get("added") != LARGE:
            wrong.append(f"a {title} of {len(file)} bytes: {str(answer)[:200]}")


def check_two_uploads(admin, wrong):
    """The pieces of two people do not become one file."""
    account = {"name": "bob", "group": "admin", "password": PASSWORD, "password_again": PASSWORD}
    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    admin.call("POST", "/api/v1/users", account)
    other = Client(admin.base_url)
    other.session = other.call("POST", "/api/v1/sessions", {"username": "bob", "password": PASSWORD})
    path = "/api/v1/system/uploads/devices"
    told = [ask(client, "PUT", f"{path}?offset={offset}", b"12345")[0]
            for client, offset in ((admin, 0), (admin, 5), (other, 10), (other, 0), (admin, 10), (admin, 5), (other, 5))]
    if told != [200, 200, 409, 200, 409, 409, 200]:
        wrong.append(f"two uploads at a time: {told}")


def main():
    wrong = []
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        options = ["--set", "http.port=0", "--set", "rtsp.port=0"]
        with Program(log, sys.argv[1], "--data", f"{folder}/one", *options) as vmsd:
            admin = Client(vmsd.ready["http"]).initialise()
            check_dialect(admin, "excel", {"dialect": "excel"}, "utf-8-sig", wrong)
            check_dialect(admin, "semicolon", {"delimiter": ";"}, "utf-8-sig", wrong)
            check_dialect(admin, "tabs", {"dialect": "excel-tab"}, "utf-8", wrong)
            backup = check_dialect(admin, "unix", {"dialect": "unix"}, "utf-8", wrong)
            check_large(admin, wrong)
            check_two_uploads(admin, wrong)
        with Program(log, sys.argv[1], "--data", f"{folder}/two", *options) as vmsd:
            status, text = ask(Client(vmsd.ready["http"]).initialise(), "POST", "/api/v1/devices/import", backup)
            if status != 400 or b"another key" not in text:
                wrong.append(f"another server took the backup: {status} {text}")
    for line in wrong:
        print(f"FAILED: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
