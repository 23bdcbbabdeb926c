#!/usr/bin/env python3
"""Whether clients that were written for an earlier API still work: what its description promised must be there, with no body refused
that was taken. Things may be added, and wider limits taken; what is taken away or narrowed on purpose needs a new version of the path.
usage: api_compatibility.py VMSD [--release]: with it, what is there now becomes what was promised.
"""
import json
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from api_schemas import METHODS, Schemas, forms  # noqa: E402
from vmsd_client import Client, Program  # noqa: E402

RELEASED = pathlib.Path(__file__).with_name("released_api.json")
SETTINGS = [word for port in ("http", "https", "rtsp") for word in ("--set", f"{port}.port=0")]
FLOORS = ("minimum", "minLength", "minItems")
CEILINGS = ("maximum", "maxLength", "maxItems")
KEPT = ("type", "enum", "pattern", "nullable", *FLOORS, *CEILINGS)


def members(schema, where="", required=True):
    """Each value that a JSON of this schema has, by its place, and what holds for it."""
    for number, form in enumerate(forms(schema)):
        place = where if number == 0 else f"{where}|{number}"
        said = {key: form[key] for key in KEPT if key in form}
        yield place, said | ({"required": True} if required else {})
        needed = form.get("required", [])
        for name, part in form.get("properties", {}).items():
            yield from members(part, f"{place}/{name}", name in needed)
        for key, word in (("items", "[]"), ("additionalProperties", "{}")):
            if isinstance(form.get(key), dict):
                yield from members(form[key], place + word)


def promises(description):
    """What a client relies on, a key for each operation."""
    schemas, made = Schemas(description), {}
    for pattern, path in description["paths"].items():
        for method in METHODS & path.keys():
            operation = path[method]
            told = made[f"{method.upper()} {pattern}"] = {}
            told["query"] = sorted(one["name"] for one in operation.get("parameters", []) if one["in"] == "query")
            body = schemas.body_of(method, pattern)
            told["body"] = dict(members(body)) if body is not None else None
            told["answers"] = {}
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                schema = content.get("application/json", {}).get("schema")
                if status.startswith("2"):
                    told["answers"][status] = dict(members(schemas.whole(schema))) if schema else sorted(content)
    return made


def narrowed(before, now):
    """Why a value that was taken may be refused now."""
    if before.get("type") != now.get("type"):
        yield f"was {before.get('type')}, is {now.get('type')}"
    if now.get("required") and not before.get("required"):
        yield "is required now"
    if "enum" in now and not set(before.get("enum", ["any"])) <= set(now["enum"]):
        yield f"takes only {now['enum']} now"
    if now.get("pattern", before.get("pattern")) != before.get("pattern"):
        yield f"has the form {now['pattern']} now"
    if before.get("nullable") and not now.get("nullable"):
        yield "may not be null any more"
    for key in FLOORS:
        if now.get(key, float("-inf")) > before.get(key, float("-inf")):
            yield f"has the {key} {now[key]} now"
    for key in CEILINGS:
        if now.get(key, float("inf")) < before.get(key, float("inf")):
            yield f"has the {key} {now[key]} now"


def lost(before, now):
    """Why a client may not find in an answer what it was promised."""
    if before.get("type") != now.get("type"):
        yield f"was {before.get('type')}, is {now.get('type')}"
    if before.get("required") and not now.get("required"):
        yield "may be missing now"
    if now.get("nullable") and not before.get("nullable"):
        yield "may be null now"


def compare(where, before, now, judge):
    for member, said in before.items():
        if member not in now:
            yield f"{where}{member}: is gone"
            continue
        for why in judge(said, now[member]):
            yield f"{where}{member}: {why}"


def broken(before, now):
    """Each promise that is not kept, in words."""
    for name, was in before.items():
        if name not in now:
            yield f"{name}: is gone"
            continue
        is_now = now[name]
        for parameter in set(was["query"]) - set(is_now["query"]):
            yield f"{name}: the query parameter {parameter} is gone"
        if was["body"] is not None:
            yield from compare(f"{name}, body ", was["body"], is_now["body"] or {}, narrowed)
            for member, said in (is_now["body"] or {}).items():
                if member not in was["body"] and said.get("required") and member.rpartition("/")[0] in was["body"]:
                    yield f"{name}, body {member}: is new, and required"
        for status, answer in was["answers"].items():
            if status not in is_now["answers"]:
                yield f"{name}: never answers {status} any more"
            elif isinstance(answer, list) or isinstance(is_now["answers"][status], list):
                if answer != is_now["answers"][status]:
                    yield f"{name}: {status} is another kind of content"
            else:
                yield from compare(f"{name}, answer {status} ", answer, is_now["answers"][status], lost)


def self_check(now):
    """Each kind of broken promise is seen, or the comparison would prove nothing."""
    name = "POST /api/v1/areas"
    for spoil, word in ((lambda one: one["body"].pop("/name"), "gone"), (lambda one: one["body"]["/name"].update(maxLength=1), "maxLength"),
                        (lambda one: one["answers"]["201"].pop("/id"), "gone"), (lambda one: one["answers"].pop("201"), "never"),
                        (lambda one: one["body"].update({"/new": {"required": True}}), "new, and required"),
                        (lambda one: one["answers"]["201"]["/id"].update(type="array"), "was string")):
        other = json.loads(json.dumps(now))
        spoil(other[name])
        seen = list(broken(now, other))
        if not any(name in line and word in line for line in seen):
            raise SystemExit(f"FAILED: a change of {name} that breaks clients is not seen ({word}): {seen}")


def main():
    vmsd = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        with Program(log, vmsd, "--data", f"{folder}/data", *SETTINGS) as server:
            now = promises(Client(server.ready["http"]).call("GET", "/api/v1/openapi.json"))
    if "--release" in sys.argv:
        lines = [f" {json.dumps(name)}: {json.dumps(told, sort_keys=True)}" for name, told in sorted(now.items())]
        RELEASED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        return 0
    self_check(now)
    failures = list(broken(json.loads(RELEASED.read_text()), now))
    for line in failures:
        print(f"FAILED: {line}")
    if failures:
        print("Keep what clients rely on; where it is only wider than it looks here (a pattern, say), run this with --release")
    print(f"{len(now)} operations, {len(failures)} promises of {RELEASED.name} broken")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
