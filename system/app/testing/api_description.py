#!/usr/bin/env python3
"""Holds vmsd to its own description: what it takes and answers on every route, member by member.

usage: api_description.py VMSD [WATCHRIG] [--only TEXT] [--verbose]

Each route must be described with its body and its answers. The valid bodies of fuzz_bodies.py must be what the description says and
name every member of it, and every answer must have nothing that is not described. What lies beyond a described edge must be refused, by
the name of the member. With WATCHRIG, virtual cameras are asked too. The whole must be OpenAPI to the npm package
`@seriousme/openapi-schema-validator` (tools/setup.sh installs it); without that the end is 77, a skip, when all else was right.
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
import camera_answers  # noqa: E402
import fuzz_bodies  # noqa: E402
import fuzz_values  # noqa: E402
from api_schemas import METHODS, Schemas, edges, form_of, forms  # noqa: E402
from fuzz_routes import BUSY, filled  # noqa: E402
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
        """Judges the answer; its JSON, and whether it was no refusal."""
        status, kind, text = self.ask(method, path, body)
        title = f"{method.upper()} {path}"
        value = json.loads(text) if text and kind == "application/json" else None
        if status >= 400:
            error = self.schemas.parts["Error"]
            self.fail(f"{title}: {status}", [] if value and set(value["error"]) <= set(error["properties"]["error"]["properties"]) else [text[:200]])
            self.unseen.append(f"{title}: {status} {text[:160].decode(errors='replace')}")
            return value, False
        self.judged += 1
        self.seen = text
        self.fail(title, self.schemas.wrong_answer(method, pattern, status, kind, value))
        return value, True

    def must(self, method, pattern, path, body=None):
        """The JSON of an answer that is no refusal."""
        value, good = self.answered(method, pattern, path, body)
        if not good:
            raise SystemExit("\n".join([*(f"FAILED: {line}" for line in self.wrong), f"FAILED: {self.unseen[-1]}"]))
        return value

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
            if status == 200 and len(where) > 1 and (method, pattern) in fuzz_bodies.ROW_BY_ROW:
                self.fail(title, wrong_row(json.loads(text), where))
            elif status < 400:
                self.fail(title, [f"{status}, although the description does not allow it"])
            elif status >= 500 and status not in BUSY:
                self.fail(title, [f"{status} {text[:160]!r}"])
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


def wrong_row(answer, where):
    """What is wrong where a route that answers row by row had to refuse the first one for that member. Rows that are tried later have no errors yet."""
    if "state" in answer:
        return []
    error = next((row["error"] for row in answer["rows"] if "error" in row), None)
    member = [part for part in where if isinstance(part, str)][1]
    if error is None:
        return ["no row is refused, although the description does not allow it"]
    return [] if error["code"] != "invalid" or error.get("field", "").split(".")[0] == member else [f"a row is refused for {error.get('field')!r}: {error['message']}"]


def missing_members(schema, valid, path=()):
    """Described members that no one of the valid bodies tries."""
    for name, part in schema.get("properties", {}).items():
        values = [one[name] for one in valid if isinstance(one, dict) and name in one]
        if not values:
            yield ".".join(map(str, (*path, name)))
            continue
        yield from missing_members(part, values, (*path, name))
        entries = [entry for value in values if isinstance(value, list) for entry in value]
        if entries:
            yield from missing_members(part.get("items", {}), entries, (*path, name, 0))


def judge_members(judge, method, pattern, bodies):
    """Every member that is described is one of a valid body, and every form that a body may have is tried."""
    schema = judge.schemas.body_of(method, pattern)
    if schema is None or pattern == SETTINGS:
        return
    title = f"the valid bodies of {method.upper()} {pattern}"
    bodies = [fuzz_values.numbered(body, judge.counter) for body in bodies if isinstance(body, dict)]
    for form in schema.get("oneOf", [schema]):
        tried = [body for body in bodies if form_of(schema, body) == form]
        unnamed = list(missing_members(form, tried))
        judge.fail(title, [f"do not try {', '.join(unnamed)}"] if unnamed else [])
        judge.fail(title, [] if tried else [f"none is of the form with {', '.join(form.get('required', []))}"])


def judge_body(judge, method, pattern, ids, valid):
    path = filled(pattern, ids)
    if isinstance(valid, dict) and pattern != SETTINGS:
        body = fuzz_values.numbered(valid, judge.counter)
        judge.fail(f"the valid body of {method.upper()} {pattern}", judge.schemas.wrong_body(method, pattern, body))
        if judge.schemas.body_of(method, pattern) is None:
            return
    if (method, pattern) in fuzz_bodies.ENDS_SERVER or pattern == SETTINGS:
        return
    if isinstance(valid, dict) and judge.schemas.body_of(method, pattern):
        judge.beyond(method, pattern, path, valid)
    judge.answered(method, pattern, path, fuzz_values.numbered(valid, judge.counter))


def judge_initialisation(judge):
    """Its body only while the server is fresh; then it is initialised."""
    route, valid = ("post", "/api/v1/initialisation"), {**fuzz_bodies.INITIALISATION, "licence_accepted": True}
    judge_members(judge, *route, [valid])
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
    further = fuzz_bodies.further_bodies(ids)
    chosen.pop(("post", "/api/v1/initialisation"), None)  # judged while the server was fresh
    for (method, pattern), valid in sorted(chosen.items(), key=fuzz_bodies.in_order):
        every = [valid, *further.get((method, pattern), [])]
        judge_members(judge, method, pattern, every)
        for body in every:
            judge_body(judge, method, pattern, ids, body)
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
    parser.add_argument("watchrig", nargs="?", help="also ask virtual cameras that this program runs")
    parser.add_argument("--only", default="", help="judge only routes with this text in their path")
    parser.add_argument("--verbose", action="store_true", help="also list what was refused, so that no answer was seen")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        values = {**fuzz_bodies.SETTINGS, **camera_answers.SETTINGS}
        settings = itertools.chain(*(("--set", f"{name}={value}") for name, value in values.items()))
        with Program(log, options.vmsd, "--data", f"{folder}/data", *settings) as vmsd:
            judge = judge_all(vmsd, Client(vmsd.ready["http"]), folder, options.only)
            if options.watchrig:
                camera_answers.visit_cameras(judge, options.watchrig, folder, log)
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
