#!/usr/bin/env python3
"""Whatever is changed leaves an entry in a log, under the name of its request: who, from where, what, with which result, and, of what has
a state, before and after. usage: audit_entries.py VMSD [--verbose]

Every route of vmsd's own description that changes something is asked once, with the valid body of fuzz_bodies.py. What is refused for the
state of the server must leave an entry too, with the code of the refusal.
"""
import argparse
import http.client
import itertools
import json
import pathlib
import sys
import tempfile
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
import fuzz_bodies  # noqa: E402
import fuzz_values  # noqa: E402
from fuzz_routes import CHANGING, filled  # noqa: E402
from vmsd_client import PATIENCE, Client, Program  # noqa: E402

LOGS = ("operation", "link", "system", "event")
API = "/api/v1/"
# Questions in the clothes of a change, what anybody may do without an account (it is told where it does something), and what happens so
# often that the log would hold nothing else: who turns a camera is told by ptz.taken and ptz.released, pieces of a file by its use.
UNTOLD = {(method, API + path) for method, path in (
    ("post", "password-strength"), ("post", "trusted-authorities/check"), ("post", "system/upgrade/check"), ("post", "discovery/preview"),
    ("post", "initialisation"), ("post", "password-resets"), ("post", "password-resets/{token}/code"), ("put", "password-resets/{token}"),
    ("post", "channels/{channel}/ptz/move"), ("post", "channels/{channel}/ptz/step"), ("post", "channels/{channel}/ptz/position"),
    ("post", "channels/{channel}/ptz/centre"), ("post", "channels/{channel}/ptz/stop"), ("put", "channels/{channel}/ptz/operator"),
    ("delete", "channels/{channel}/ptz/operator"), ("put", "system/uploads/{upload}"), ("delete", "system/uploads/{upload}"))}
# Orders, which have no state of their own or whose type says it; rows, which are told one by one where they are done; secrets and files.
STATELESS = {(method, API + path) for method, path in (
    ("post", "devices/adding"), ("post", "devices/adding/{job}/rows"), ("patch", "devices/adding/{job}/rows/{row}"), ("delete", "devices/adding/{job}"),
    ("post", "devices/addresses"), ("post", "devices/ports"), ("post", "devices/clocks"), ("post", "devices/refresh"), ("post", "devices/removal"),
    ("post", "discovery"), ("delete", "discovery"), ("post", "discovery/addresses"), ("post", "discovery/initialisation"),
    ("post", "lockouts/removal"), ("post", "users/{user}/block"), ("post", "voice-files/removal"), ("put", "devices/{device}/connection"),
    ("put", "devices/{device}/certificate"), ("put", "users/{user}/password"), ("put", "users/{user}/channel-password"),
    ("put", "onvif/users/{user}/password"), ("put", "account/password"), ("put", "maps/{map}/picture"), ("put", "map-icons/{icon}/picture"),
    ("post", "exports"), ("patch", "exports"), ("delete", "exports"), ("patch", "exports/{export}"),
    ("post", "system/configuration/export"), ("delete", "logs/{log}"), ("delete", "logs/{log}/{entry}"), ("delete", "system/information"))}

class Auditor:
    def __init__(self, admin, verbose):
        self.admin, self.verbose = admin, verbose
        self.counter, self.wrong, self.asked, self.with_states = itertools.count(1), [], 0, 0

    def ask(self, method, path, body, name):
        address = urllib.parse.urlparse(self.admin.base_url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
        data = body if body is None or isinstance(body, bytes) else fuzz_values.encoded(body)
        headers = {"Authorization": f"Bearer {self.admin.session['token']}", "X-Request-Id": name}
        connection.request(method.upper(), path, data, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text

    def entries(self, name):
        found = []
        for log in LOGS:
            found += self.admin.call("GET", f"/api/v1/logs/{log}?correlation={name}&limit=1000")["entries"]
        return found

    def check(self, method, pattern, path, body):
        name = f"audit-{next(self.counter)}"
        title = f"{method.upper()} {pattern}"
        status, text = self.ask(method, path, None if body is None else fuzz_values.numbered(body, self.counter), name)
        self.asked += 1
        entries = [e for e in self.entries(name) if e["account"] == "admin"]
        if self.verbose:
            print(title, status, [(e["type"], e["result"], sorted(e["data"])) for e in entries])
        if (method, pattern) in UNTOLD:
            return
        if not entries:
            self.wrong.append(f"{title}: {status} {text[:200]!r} left no entry")
        for entry in entries:
            if not entry["class"]:
                self.wrong.append(f"{title}: {entry['type']} is in no class of its log")
            if entry["source"] != "127.0.0.1":
                self.wrong.append(f"{title}: {entry['type']} says {entry['source']!r} for where it came from")
        if status >= 300:
            code = json.loads(text)["error"]["code"]
            if entries and code not in [e["result"] for e in entries] and not any(e["type"].endswith((".refused", ".failed")) for e in entries):
                self.wrong.append(f"{title}: refused as {code}, logged as {[(e['type'], e['result']) for e in entries]}")
            return
        has_states = any("before" in e["data"] or "after" in e["data"] for e in entries)
        self.with_states += has_states
        if not has_states and (method, pattern) not in STATELESS:
            self.wrong.append(f"{title}: {[e['type'] for e in entries]} tell neither before nor after")


def routes_of(description):
    order = {"post": 0, "put": 1, "patch": 2, "delete": 3}
    routes = [(method, pattern) for pattern, methods in description["paths"].items() for method in methods if method in CHANGING]
    # What is deleted is gone for those that come after it: what lies deepest goes first.
    return sorted(routes, key=lambda route: (order[route[0]], -route[1].count("/"), route[1]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("vmsd")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    arguments = [part for name, value in fuzz_bodies.SETTINGS.items() for part in ("--set", f"{name}={value}")]
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        with Program(log, options.vmsd, "--data", f"{folder}/data", *arguments) as vmsd:
            admin = Client(vmsd.ready["http"]).initialise()
            ids = fuzz_bodies.furnish(admin, folder)
            table = fuzz_bodies.bodies(ids)
            auditor = Auditor(admin, options.verbose)
            for method, pattern in routes_of(admin.call("GET", "/api/v1/openapi.json")):
                if (method, pattern) in fuzz_bodies.ENDS_SERVER | fuzz_bodies.ENDS_OTHERS or "sessions" in pattern:
                    continue
                auditor.check(method, pattern, filled(pattern, ids), table.get((method, pattern)))
    for fault in auditor.wrong:
        print(fault)
    print(f"{auditor.asked} routes asked, {auditor.with_states} with before or after, {len(auditor.wrong)} faults")
    return 1 if auditor.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
