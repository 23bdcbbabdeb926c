#!/usr/bin/env python3
"""Sends bad requests to every route of vmsd's own description, and breaks HTTP and WebSockets below them.

usage: fuzz_routes.py VMSD [--seed N] [--bodies N] [--all]

Whatever comes, the server answers below 500 with an error of code and message, names the field that is wrong, changes nothing when it
refuses, closes what never becomes a request, and neither ends nor keeps descriptors. The seed chooses the bad requests of each route;
--all sends every one. --bodies is how many of each route with a body.
"""
import argparse
import http.client
import itertools
import json
import os
import pathlib
import random
import re
import sys
import tempfile
import time
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
import fuzz_bodies  # noqa: E402
import fuzz_sockets  # noqa: E402
import fuzz_values  # noqa: E402
import fuzz_websockets  # noqa: E402
from vmsd_client import PATIENCE, Client, Program  # noqa: E402

SLOWEST = 10   # seconds that an answer may take on a loaded machine
SPARE_FILES = 4
BUSY = {503, 507}  # the only answers over 499: the server is well, and says what it cannot do now
CHANGING = {"post", "put", "patch", "delete"}


class Connection(http.client.HTTPConnection):
    """Sends a path as it is, and connects anew where the server has closed."""

    def _validate_path(self, url):
        pass

    def _encode_request(self, request):
        return request.encode("latin-1")

    def ask(self, method, path, body=None, headers=()):
        for attempt in (1, 2):
            try:
                self.putrequest(method, path, skip_host=any(name == "Host" for name, _ in headers), skip_accept_encoding=True)
                for name, value in headers:
                    self.putheader(name, value)
                if body is not None:
                    self.putheader("Content-Length", str(len(body)))
                self.endheaders(body)
                answer = self.getresponse()
                return answer.status, answer.headers.get_content_type(), answer.read()
            except (http.client.HTTPException, ConnectionError):
                self.close()
                # The answer to a body over the limit may be lost with the connection.
                if attempt == 2:
                    return (413, "", b"") if body and len(body) > fuzz_values.MEBI else (0, "", b"")


class Fuzzer:
    def __init__(self, vmsd, token, seed, count):
        address = urllib.parse.urlparse(vmsd.ready["http"])
        self.address = (address.hostname, address.port)
        self.connection = Connection(*self.address, timeout=PATIENCE)
        self.token, self.random, self.count = token, random.Random(seed), count
        self.process, self.counter, self.wrong, self.asked, self.slowest = vmsd.process, itertools.count(1), [], 0, 0.0

    def ask(self, method, path, body=None, headers=()):
        headers = list(headers)
        if self.token and not any(name == "Authorization" for name, _ in headers):
            headers.append(("Authorization", f"Bearer {self.token}"))
        begin = time.monotonic()
        answer = self.connection.ask(method.upper(), path, body, headers)
        self.slowest = max(self.slowest, time.monotonic() - begin)
        self.asked += 1
        return answer

    def fail(self, text):
        self.wrong.append(text)
        if self.process.poll() is not None or len(self.wrong) > 60:
            raise SystemExit("\n".join(f"FAILED: {line}" for line in self.wrong) + f"\nvmsd has ended: {self.process.poll()}")

    def judge(self, title, answer, field="", refused=False):
        """Whether the request was refused; fails what is no good answer."""
        status, kind, text = answer
        if status == 0 or (status > 499 and status not in BUSY):
            self.fail(f"{title}: {status or 'the connection ended without an answer'} {text[:300]!r}")
        if refused and status < 400:
            self.fail(f"{title}: {status}, although it must be refused")
        if status < 400 or not text:
            return status >= 400
        try:
            error = json.loads(text.decode())["error"]
            good = kind == "application/json" and error["code"] and error["message"]
        except (ValueError, KeyError, TypeError):
            good = False
        if not good:
            self.fail(f"{title}: {status} {kind} {text[:200]!r} is no error with code and message")
        elif field and refused and status == 400 and error.get("field", "").split(".")[0] != field.split(".")[0]:
            self.fail(f"{title}: names the field {error.get('field')!r}: {error['message'][:120]}")
        return True

    def state(self, paths):
        return {path: steady(path, self.ask("get", path)) for path in paths}

    def same(self, title, before, after):
        changed = [path for path in before if before[path] != after[path]]
        if changed:
            self.fail(f"{title}, and yet {', '.join(changed)} changed: {str(before[changed[0]])[-200:]} -> {str(after[changed[0]])[-200:]}")

    def some(self, items, count):
        items = list(items)
        return items if self.count is None or len(items) <= count else self.random.sample(items, count)


def steady(path, answer):
    """What a client sees, but for what changes by itself."""
    def stripped(value):
        if isinstance(value, dict):
            return {name: stripped(entry) for name, entry in value.items() if name not in fuzz_bodies.VOLATILE_FIELDS}
        return [stripped(entry) for entry in value] if isinstance(value, list) else value

    status, kind, text = answer
    if status != 200:
        raise SystemExit(f"FAILED: GET {path}: {status} {text[:300]!r}")
    return stripped(json.loads(text)) if kind == "application/json" else text


def filled(pattern, ids):
    return re.sub(r"\{(\w+)\}", lambda name: urllib.parse.quote(ids[name[1]], safe=""), pattern)


def routes_of(description):
    for pattern, operations in sorted(description["paths"].items()):
        for method in sorted(set(operations) & (CHANGING | {"get"})):
            names = [p["name"] for p in operations[method].get("parameters", []) if p["in"] == "query"]
            yield method, pattern, names


def bodies_of(fuzzer, method, pattern, table):
    """The valid bodies of a route with the path of each."""
    if pattern != "/api/v1/settings/{section}":
        return [(pattern, table[method, pattern])]
    sections = json.loads(fuzzer.ask("get", "/api/v1/settings")[2])["sections"]
    return [(pattern.replace("{section}", section["name"]), {k: v for k, v in section["values"].items() if k in section["properties"]})
            for section in sections]


def fuzz_bodies_of(fuzzer, method, pattern, path, valid, watched):
    """Bad bodies to one route. What it has to do with is looked at after each, the rest of the server at the end."""
    ends = (method, pattern) in fuzz_bodies.ENDS_SERVER
    if not ends:
        sent = fuzz_values.numbered(valid, fuzzer.counter)
        answer = fuzzer.ask(method, path, sent if isinstance(valid, bytes) else fuzz_values.encoded(sent))
        fuzzer.judge(f"{method} {path} as it should be", answer)
        if answer[0] == 400 and (method, pattern) not in fuzz_bodies.REFUSED:
            fuzzer.fail(f"{method} {path}: the valid body of fuzz_bodies.py is refused: {answer[2][:300]!r}")
    own = [one for one in watched if one.split("/")[3:4] == path.split("/")[3:4]]
    before, everything = fuzzer.state(own), fuzzer.state(watched)
    changed = False
    for body in fuzzer.some(fuzz_values.bodies_from(valid), fuzzer.count):
        if ends and not body.refused:
            continue
        title = f"{method} {path}, {body.title}"
        in_row = "." in body.field and (method, pattern) in fuzz_bodies.ROW_BY_ROW
        free = body.field in fuzz_bodies.SEVERAL_TYPES or body.field.startswith(fuzz_bodies.PASSED_ON)
        must_refuse = body.refused and not in_row and not free
        refused = fuzzer.judge(title, fuzzer.ask(method, path, fuzz_values.numbered(body.data, fuzzer.counter)), body.field, must_refuse)
        after = fuzzer.state(own)
        if refused:
            fuzzer.same(f"{title}: refused", before, after)
        before, changed = after, changed or not refused
    if not changed:
        fuzzer.same(f"{method} {path}: all refused", everything, fuzzer.state(watched))


def fuzz_requests(fuzzer, routes, ids, watched):
    """Paths, queries and headers: of these no valid ones, so nothing may change."""
    before = fuzzer.state(watched)
    for method, pattern, names in routes:
        path = filled(pattern, ids)
        for bad in fuzzer.some(fuzz_values.PATHS, 4):
            if "{" in pattern:
                tried = re.sub(r"\{\w+\}", lambda _, text=bad: text, pattern)
                fuzzer.judge(f"{method} {tried[:99]}", fuzzer.ask(method, tried, b"{}" if method in CHANGING else None))
        for name, bad in fuzzer.some(itertools.product(dict.fromkeys([*names, *fuzz_values.QUERY_NAMES]), fuzz_values.QUERIES), 6):
            if method == "get":
                fuzzer.judge(f"{method} {path}?{name}={bad[:40]}", fuzzer.ask(method, f"{path}?{name}={bad}"))
        for header in fuzzer.some(fuzz_values.HEADERS, 4):
            if method == "get" or method == "post" and (method, pattern) not in fuzz_bodies.WITHOUT_BODY:
                fuzzer.judge(f"{method} {path}, {header[0]}: {header[1][:40]!r}",
                             fuzzer.ask(method, path, None if method == "get" else b"[]", [header]))
        for strange in ("TRACE", "PUT" if method != "put" else "HEAD", "PROPFIND"):
            fuzzer.judge(f"{strange} {path}", fuzzer.ask(strange, path, b"[]"))
    for path in ("//", "/api/v1/../v1/users", "/API/V1/USERS", "/api/v1/users/", "/api//v1/users", "/%61pi/v1/users", "/?", "/#", "/api/v1/users;a"):
        fuzzer.judge(f"GET {path}", fuzzer.ask("get", path))
    fuzzer.same("bad paths, queries and headers", before, fuzzer.state(watched))


def open_files(process):
    """But databases: of each SQLite keeps one that a backup has read, for the next one, as the locks of POSIX demand."""
    names = []
    for entry in os.scandir(f"/proc/{process.pid}/fd"):
        try:
            names.append(os.readlink(entry.path))
        except FileNotFoundError:
            continue  # closed meanwhile
    return sum(not name.endswith(".db") for name in names)


def memory(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024


def check_files(fuzzer, before):
    """Those of connections are closed as soon as these have ended."""
    end = time.monotonic() + PATIENCE
    while open_files(fuzzer.process) > before + SPARE_FILES and time.monotonic() < end:
        fuzzer.ask("get", "/healthz")
    if open_files(fuzzer.process) > before + SPARE_FILES:
        fuzzer.fail(f"{open_files(fuzzer.process)} open files, {before} at the begin")


def check_websockets(fuzzer, admin):
    """Viewers wait for a camera that nobody has; of one that is disconnected there is nothing to wait for."""
    device = admin.call("POST", "/api/v1/devices", {"name": "sockets", "driver": "rtsp", "streams": {"main": "rtsp://127.0.0.1:1/x"}})
    fuzzer.wrong += fuzz_websockets.check(fuzzer.address, fuzzer.token, device["channels"][0]["id"])
    admin.call("DELETE", f"/api/v1/devices/{device['id']}")


def fuzz(vmsd, admin, options, folder):
    fresh = Fuzzer(vmsd, None, options.seed, options.bodies)
    fuzz_bodies_of(fresh, "post", "/api/v1/initialisation", "/api/v1/initialisation", fuzz_bodies.INITIALISATION, ["/api/v1/initialisation"])
    fresh.connection.close()
    ids = fuzz_bodies.furnish(admin.initialise(), folder)
    fuzzer = Fuzzer(vmsd, admin.session["token"], options.seed, options.bodies)
    slow = fuzz_sockets.SlowClients(fuzzer.address)
    routes = list(routes_of(admin.call("GET", "/api/v1/openapi.json")))
    table = fuzz_bodies.bodies(ids)
    with_body = {(m, p) for m, p, _ in routes if m in CHANGING - {"delete"}} - fuzz_bodies.WITHOUT_BODY
    for method, pattern in with_body ^ set(table):
        fuzzer.fail(f"{method} {pattern} is not both a route and a row of bodies() in fuzz_bodies.py")
    watched = [p for m, p, _ in routes if m == "get" and "{" not in p and p not in fuzz_bodies.VOLATILE | fuzz_bodies.NEED_QUERY]
    files, size = open_files(vmsd.process), memory(vmsd.process)
    check_websockets(fuzzer, admin)
    check_files(fuzzer, files)
    for (method, pattern), _ in sorted(table.items(), key=fuzz_bodies.in_order):
        if (method, pattern) not in with_body - {("post", "/api/v1/initialisation")}:
            continue
        for path, valid in bodies_of(fuzzer, method, pattern, table):
            fuzz_bodies_of(fuzzer, method, pattern, filled(path, ids), valid, watched)
    ending = {("delete", "/api/v1/sessions/current")}  # would sign this test out
    fuzz_requests(fuzzer, [route for route in routes if route[:2] not in ending], ids, watched)
    fuzzer.wrong += fuzz_sockets.check_broken(fuzzer.address) + slow.finish()
    check_files(fuzzer, files)
    if fuzzer.slowest > SLOWEST:
        fuzzer.fail(f"an answer took {fuzzer.slowest:.1f} s")
    fuzzer.judge("GET /healthz at the end", fuzzer.ask("get", "/healthz"))
    print(f"memory: {size} MB before, {memory(vmsd.process)} MB after; slowest answer {fuzzer.slowest * 1000:.0f} ms")
    return fresh.asked + fuzzer.asked, fresh.wrong + fuzzer.wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vmsd")
    parser.add_argument("--seed", type=int, default=26)
    parser.add_argument("--bodies", type=int, default=24)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    options.bodies = None if options.all else options.bodies
    begin = time.monotonic()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        settings = itertools.chain(*(("--set", f"{name}={value}") for name, value in fuzz_bodies.SETTINGS.items()))
        with Program(log, options.vmsd, "--data", f"{folder}/data", *settings) as vmsd:
            asked, wrong = fuzz(vmsd, Client(vmsd.ready["http"]), options, folder)
    for line in wrong:
        print(f"FAILED: {line}")
    print(f"{asked} requests in {time.monotonic() - begin:.0f} s, {len(wrong)} answered wrongly")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
