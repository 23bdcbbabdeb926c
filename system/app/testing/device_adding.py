#!/usr/bin/env python3
"""The bounds of lists of devices that are added in the background, what is refused of them, whom they are shown to, and that no password leaves one.

usage: device_adding.py VMSD
"""
import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program, Refused  # noqa: E402

SECRET = "Zq-secret-55"
ADDING = "/api/v1/devices/adding"
MOST_ROWS, MOST_LISTS, MOST_BYTES = 1000, 32, 16 * 1024


def row(number):
    return {"name": f"row {number}", "address": "127.0.0.1", "username": "admin", "password": SECRET}


def status_of(client, method, path, body=None):
    try:
        client.call(method, path, body)
        return 200
    except Refused as refused:
        return refused.status


def made(client, count, **more):
    return client.call("POST", ADDING, {"rows": [row(n) for n in range(count)], "start": False, **more})


def other_user(admin):
    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    admin.call("POST", "/api/v1/groups", {"name": "adders", "authorities": {"devices": True}})
    admin.call("POST", "/api/v1/users", {"name": "adder", "group": "adders", "password": PASSWORD, "password_again": PASSWORD})
    client = Client(admin.base_url)
    client.session = client.call("POST", "/api/v1/sessions", {"username": "adder", "password": PASSWORD})
    return client


def check_bounds(admin, expect):
    full = made(admin, MOST_ROWS)
    expect(full["total"] == MOST_ROWS, f"{MOST_ROWS} rows: {full['total']}")
    expect(status_of(admin, "POST", ADDING, {"rows": [row(n) for n in range(MOST_ROWS + 1)], "start": False}) == 400, "1001 rows are taken")
    expect(status_of(admin, "POST", f"{ADDING}/{full['id']}/rows", {"rows": [row(0)]}) == 400, "a row beyond 1000 is taken")
    expect(len(admin.call("GET", f"{ADDING}/{full['id']}?limit=1000")["rows"]) == MOST_ROWS, "not all rows are shown")
    expect(status_of(admin, "GET", f"{ADDING}/{full['id']}?limit=1001") == 400, "a page of 1001 rows")
    small = made(admin, 1)["id"]
    room = MOST_BYTES - 200
    expect(status_of(admin, "PATCH", f"{ADDING}/{small}/rows/1", {"description": "d" * room}) == 200, "a row of nearly 16 KiB is refused")
    expect(status_of(admin, "PATCH", f"{ADDING}/{small}/rows/1", {"description": "d" * MOST_BYTES}) == 400, "a row beyond 16 KiB is taken")
    entry = admin.call("GET", f"{ADDING}/{small}")["rows"][0]["device"]
    expect(len(entry["description"]) == room, "a refused change has changed the row")


def check_whole_addresses(admin, expect):
    """What is wrong with one is told by its own name, not by that of what is made of it."""
    wrong = {"name": "whole", "driver": "rtsp", "address": "http://127.0.0.1/cam"}
    try:
        admin.call("POST", "/api/v1/devices", wrong)
    except Refused as refused:
        expect('"field":"address"' in str(refused), f"a whole address is refused otherwise: {refused}")
    batch = admin.call("POST", "/api/v1/devices/batch", {"devices": [wrong]})
    expect(batch["rows"][0]["error"]["field"] == "address", f"a batch refuses a whole address otherwise: {batch}")
    job = admin.call("POST", ADDING, {"rows": [wrong]})
    end = time.monotonic() + PATIENCE
    while job["state"] == "running" and time.monotonic() < end:
        time.sleep(0.05)
        job = admin.call("GET", f"{ADDING}/{job['id']}")
    expect(job["rows"][0].get("error", {}).get("field") == "address", f"a row with a wrong whole address: {job['rows']}")


def check_areas(admin, expect):
    for path, body in ((ADDING, {"rows": [row(1)], "start": False}), ("/api/v1/devices/import", {}),
                       ("/api/v1/discovery/initialisation", {"endpoints": ["urn:uuid:0"], "password": PASSWORD, "email": "a@example.org", "add": True})):
        query = "?area=a99" if not body else ""
        expect(status_of(admin, "POST", path + query, {**body, "area": "a99"}) == 404, f"{path} takes an area that there is not")


def check_sight(admin, other, expect):
    mine, theirs = made(admin, 1)["id"], made(other, 1)["id"]
    expect(status_of(other, "GET", f"{ADDING}/{mine}") == 404, "somebody sees another's list")
    for action in ("start", "stop"):
        expect(status_of(other, "POST", f"{ADDING}/{mine}/{action}", {}) == 404, f"somebody may {action} another's list")
    expect(status_of(other, "DELETE", f"{ADDING}/{mine}") == 404, "somebody removes another's list")
    expect([job["id"] for job in other.call("GET", ADDING)["jobs"]] == [theirs], "somebody is told of another's lists")
    expect(status_of(admin, "GET", f"{ADDING}/{theirs}") == 200, "an administrator does not see a list")


def check_count(admin, expect):
    last = [made(admin, 1)["id"] for _ in range(MOST_LISTS + 1)][-1]
    jobs = admin.call("GET", ADDING)
    expect(jobs["total"] == MOST_LISTS, f"{jobs['total']} lists are kept")
    expect(jobs["jobs"][-1]["id"] == last, "the newest list is gone")


def check_secrets(admin, folder, expect):
    job = made(admin, 3)["id"]
    told = str(admin.call("GET", f"{ADDING}/{job}")) + str(admin.call("POST", f"{ADDING}/{job}/start", {}))
    expect(SECRET not in told, "a password is shown")
    written = [file.name for file in pathlib.Path(folder).rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
    expect(not written, f"a password is readable in {written}")


def main(vmsd_program):
    wrong = []

    def expect(right, what):
        if not right:
            wrong.append(what)

    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        with Program(log, vmsd_program, "--data", f"{folder}/data", "--set", "http.port=0", "--set", "rtsp.port=0") as vmsd:
            admin = Client(vmsd.ready["http"])
            admin.initialise()
            check_bounds(admin, expect)
            check_areas(admin, expect)
            check_whole_addresses(admin, expect)
            check_sight(admin, other_user(admin), expect)
            check_count(admin, expect)
            check_secrets(admin, folder, expect)
    for line in wrong:
        print(f"wrong: {line}")
    print(f"{len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
