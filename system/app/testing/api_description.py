#!/usr/bin/env python3
"""Holds vmsd to its own description: what it takes and answers on every route, member by member.

usage: api_description.py VMSD [--only TEXT] [--verbose]

Each route must be described with its body and its answers. The valid bodies of fuzz_bodies.py must be what the description says and
name every member of it, and every answer must have nothing that is not described. What lies beyond a described edge must be refused, by
the name of the member. The whole must be OpenAPI to the npm package `@seriousme/openapi-schema-validator` (tools/setup.sh installs it);
without that the end is 77, a skip, when all else was right.
"""
import argparse
import itertools
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
import fuzz_bodies  # noqa: E402
import fuzz_values  # noqa: E402
from api_schemas import METHODS, Schemas, edges, form_of, forms  # noqa: E402
from fuzz_routes import filled  # noqa: E402
from vmsd_client import PATIENCE, Client, Program  # noqa: E402

SKIPPED = 77
VALIDATOR = ROOT / "tools/node/node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js"
TAKING = {"post", "put", "patch"}
SETTINGS = "/api/v1/settings/{section}"  # its members are described by GET /api/v1/settings


class Judge:
    def __init__(self, admin, schemas):
        self.admin, self.schemas, self.counter = admin, schemas, itertools.count(1)
        self.wrong, self.asked, self.judged, self.unseen, self.seen, self.validated = [], 0, 0, [], b"", False

    def fail(self, title, faults):
        self.wrong += [f"{title}: {fault}" for fault in faults]

    def ask(self, method, path, body=None):
        """Status, media type and content."""
        data = body if body is None or isinstance(body, bytes) else fuzz_values.encoded(body)
        request = urllib.request.Request(self.admin.base_url + path, data=data, method=method.upper())
        if self.admin.session:
            request.add_header("Authorization", f"Bearer {self.admin.session['token']}")
        self.asked += 1
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers.get_content_type(), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get_content_type(), error.read()

    def answered(self, method, pattern, path, body=None):
        """Judges the answer; whether there was one that says something."""
        status, kind, text = self.ask(method, path, body)
        title = f"{method.upper()} {path}"
        value = json.loads(text) if text and kind == "application/json" else None
        if status >= 400:
            error = self.schemas.parts["Error"]
            self.fail(f"{title}: {status}", [] if value and set(value["error"]) <= set(error["properties"]["error"]["properties"]) else [text[:200]])
            self.unseen.append(f"{title}: {status} {text[:160].decode(errors='replace')}")
            return False
        self.judged += 1
        self.seen = text
        self.fail(title, self.schemas.wrong_answer(method, pattern, status, kind, value))
        return True

    def beyond(self, method, pattern, path, valid):
        """What lies beyond an edge is refused, by its name."""
        schema = self.schemas.body_of(method, pattern)
        # Without what makes it a form of its own, a body lacks what another form needs.
        needed = {name for form in forms(schema) for name in form.get("required", [])} if "oneOf" in schema else set()
        for where, what, value in edges(form_of(schema, fuzz_values.numbered(valid, self.counter)) or {}):
            try:
                bad = fuzz_values.changed(valid, where, None if value is None else [value])
            except (KeyError, IndexError, TypeError):
                continue  # the valid body has not what this is a part of
            status, _, text = self.ask(method, path, fuzz_values.numbered(bad, self.counter))
            title = f"{method.upper()} {path}, {'.'.join(map(str, where))} {what} ({value!r:.40})"
            if (method, pattern) in fuzz_bodies.ROW_BY_ROW and 0 in where:
                continue
            if status < 400:
                self.fail(title, [f"{status}, although the description does not allow it"])
            elif status == 400:
                field = json.loads(text)["error"].get("field", "")
                names = {where[0], *(needed if value is None else ())}
                self.fail(title, [] if field.split(".")[0] in names else [f"refused for {field!r}: {text[:160]!r}"])


def stale(schemas):
    """Descriptions of routes that there are not."""
    for file in sorted((ROOT / "system/api/description").glob("*.json")):
        for name in json.loads(file.read_text(encoding="utf-8"))["routes"]:
            method, pattern = name.split(" ")
            if method.lower() not in schemas.paths.get(pattern, {}):
                yield f"{file.name} has {name}, which is no route"


def undescribed(schemas):
    """Routes of which the description does not say what they take or answer."""
    for pattern, operations in schemas.paths.items():
        for method in METHODS & set(operations):
            operation = operations[method]
            if method == "get" and "x-websocket" in operations and len(operation["responses"]) == 1:
                continue
            if len(operation["responses"]) == 1:
                yield f"{method.upper()} {pattern}: its answers are not described"
            if ("requestBody" in operation) != (method in TAKING and (method, pattern) not in fuzz_bodies.WITHOUT_BODY):
                yield f"{method.upper()} {pattern}: whether it takes a body is told wrongly"


def missing_members(schema, valid, path=()):
    """Described members that the valid body does not try."""
    for name, part in schema.get("properties", {}).items():
        if not isinstance(valid, dict) or name not in valid:
            yield ".".join(map(str, (*path, name)))
            continue
        value = valid[name]
        yield from missing_members(part, value, (*path, name))
        if isinstance(value, list) and value:
            tried = {key: entry for row in value if isinstance(row, dict) for key, entry in row.items()}
            yield from missing_members(part.get("items", {}), tried, (*path, name, 0))


def judge_bodies(judge, method, pattern, ids, valid):
    """All valid bodies of a route: one of each form that the description allows."""
    bodies = [valid, *fuzz_bodies.other_forms(ids).get((method, pattern), [])]
    for body in bodies:
        judge_body(judge, method, pattern, ids, body)
    schema = judge.schemas.body_of(method, pattern) or {}
    tried = [form_of(schema, fuzz_values.numbered(body, judge.counter)) for body in bodies if isinstance(body, dict)]
    untried = [form for form in schema.get("oneOf", []) if form not in tried]
    judge.fail(f"the valid bodies of {method.upper()} {pattern}", [f"none is of the form with {', '.join(form['required'])}" for form in untried])


def judge_body(judge, method, pattern, ids, valid):
    path = filled(pattern, ids)
    if isinstance(valid, dict) and pattern != SETTINGS:
        body = fuzz_values.numbered(valid, judge.counter)
        judge.fail(f"the valid body of {method.upper()} {pattern}", judge.schemas.wrong_body(method, pattern, body))
        schema = judge.schemas.body_of(method, pattern)
        if schema is None:
            return
        unnamed = list(missing_members(form_of(schema, body) or {}, valid))
        judge.fail(f"the valid body of {method.upper()} {pattern}", [f"does not try {', '.join(unnamed)}"] if unnamed else [])
    if (method, pattern) in fuzz_bodies.ENDS_SERVER or pattern == SETTINGS:
        return
    if isinstance(valid, dict) and judge.schemas.body_of(method, pattern):
        judge.beyond(method, pattern, path, valid)
    judge.answered(method, pattern, path, fuzz_values.numbered(valid, judge.counter))


def judge_initialisation(judge):
    """Its body only while the server is fresh; then it is initialised."""
    route, valid = ("post", "/api/v1/initialisation"), {**fuzz_bodies.INITIALISATION, "licence_accepted": True}
    judge_body(judge, *route, {}, valid)
    if not judge.seen:
        raise SystemExit("\n".join(judge.wrong + judge.unseen))
    judge.admin.session = json.loads(judge.seen)


def removals(schemas):
    """Routes that take something away, users before their groups and parts before what they are of; last what signs this test out."""
    found = [pattern for pattern in schemas.paths if "delete" in schemas.paths[pattern]]
    return sorted(found, key=lambda pattern: (pattern != "/api/v1/sessions/current", pattern), reverse=True)


def validate(judge, description, folder):
    """By a program that was not written here; whether that could be done at all."""
    if not shutil.which("node") or not VALIDATOR.exists():
        return False
    file = pathlib.Path(folder) / "openapi.json"
    file.write_text(json.dumps(description), encoding="utf-8")
    done = subprocess.run(["node", VALIDATOR, file], capture_output=True, text=True, timeout=PATIENCE, check=False)
    judge.fail("the description is no OpenAPI", [] if done.returncode == 0 else [f"{done.stdout[:800]}{done.stderr[-400:]}"])
    return True


def judge_all(vmsd, admin, folder, only):
    description = admin.call("GET", "/api/v1/openapi.json")
    schemas = Schemas(description)
    judge = Judge(admin, schemas)
    judge.validated = validate(judge, description, folder)
    judge_initialisation(judge)
    ids = fuzz_bodies.furnish(admin, folder)
    judge.wrong += [line for line in (*undescribed(schemas), *stale(schemas)) if only in line]
    chosen = {key: body for key, body in fuzz_bodies.bodies(ids).items() if only in key[1] and key[1] in schemas.paths}
    reads = [pattern for pattern in sorted(schemas.paths) if only in pattern and "get" in schemas.paths[pattern] and
             not {"x-websocket"} & set(schemas.paths[pattern]) or pattern == "/api/v1/events" and only in pattern]
    for pattern in reads:
        judge.answered("get", pattern, filled(pattern, ids))
    for (method, pattern), valid in sorted(chosen.items(), key=fuzz_bodies.in_order):
        if pattern != "/api/v1/initialisation":
            judge_bodies(judge, method, pattern, ids, valid)
    for pattern in reads:
        judge.answered("get", pattern, filled(pattern, ids))
    others = [*sorted(fuzz_bodies.WITHOUT_BODY), *(("delete", pattern) for pattern in removals(schemas))]
    for method, pattern in others:
        if only in pattern:
            judge.answered(method, pattern, filled(pattern, ids))
    return judge


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vmsd")
    parser.add_argument("--only", default="", help="judge only routes with this text in their path")
    parser.add_argument("--verbose", action="store_true", help="also list what was refused, so that no answer was seen")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        settings = itertools.chain(*(("--set", f"{name}={value}") for name, value in fuzz_bodies.SETTINGS.items()))
        with Program(log, options.vmsd, "--data", f"{folder}/data", *settings) as vmsd:
            judge = judge_all(vmsd, Client(vmsd.ready["http"]), folder, options.only)
    for line in dict.fromkeys(judge.wrong):
        print(f"FAILED: {line}")
    for line in dict.fromkeys(judge.unseen) if options.verbose else ():
        print(f"refused: {line}")
    print(f"{judge.asked} requests, {judge.judged} answers judged, {len(judge.wrong)} wrong")
    if judge.wrong:
        return 1
    if not judge.validated:
        print("skipped: the npm package @seriousme/openapi-schema-validator (tools/setup.sh)")
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
