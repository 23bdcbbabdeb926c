"""What vmsd's own description says of bodies and answers, judged by the package jsonschema."""
import re

import jsonschema

METHODS = {"get", "post", "put", "patch", "delete"}


def closed(schema):
    """The same schema where no member may be that it does not name: what is answered must be described."""
    if isinstance(schema, list):
        return [closed(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: {key: closed(entry) for key, entry in value.items()} if name == "properties" else closed(value)
            for name, value in schema.items() if name not in ("nullable", "example")}
    if "properties" in made and "additionalProperties" not in made:
        made["unevaluatedProperties"] = False
    if schema.get("nullable"):
        made = {"anyOf": [made, {"type": "null"}]}
    return made


class Schemas:
    def __init__(self, description):
        self.paths, self.parts = description["paths"], description["components"]["schemas"]
        self.patterns = [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(pattern)) + "$"), pattern) for pattern in self.paths]
        # Paths of words alone before those with names, as the server does where both fit.
        self.patterns.sort(key=lambda entry: entry[1].count("{"))

    def pattern_of(self, path):
        return next((pattern for matcher, pattern in self.patterns if matcher.match(path)), None)

    def whole(self, schema):
        """With what it refers to put in its place, so that members of all parts count as described."""
        if isinstance(schema, list):
            return [self.whole(entry) for entry in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return self.whole(self.parts[schema["$ref"].rsplit("/", 1)[1]])
        made = {key: {name: self.whole(entry) for name, entry in value.items()} if key == "properties" else self.whole(value)
                for key, value in schema.items()}
        for part in made.pop("allOf", []):
            made = {**part, **made, "properties": {**part.get("properties", {}), **made.get("properties", {})},
                    "required": [*part.get("required", []), *made.get("required", [])]}
        return made

    def operation(self, method, pattern):
        return self.paths[pattern][method.lower()]

    def body_of(self, method, pattern):
        """The schema of the JSON that the route takes; none where it takes something else, or nothing."""
        content = self.operation(method, pattern).get("requestBody", {}).get("content", {})
        return self.whole(content["application/json"]["schema"]) if "application/json" in content else None

    def wrong_body(self, method, pattern, body):
        schema = self.body_of(method, pattern)
        return wrong(closed(schema), body) if schema is not None else []

    def wrong_answer(self, method, pattern, status, kind, value):
        """What is wrong with an answer below 400; `value` is its parsed JSON."""
        response = self.operation(method, pattern)["responses"].get(str(status))
        if response is None:
            return [f"the description knows no answer {status}"]
        content = response.get("content", {})
        if not content:
            return [] if value is None and status == 204 else [f"{status} is described as an answer without content"]
        if kind not in content:
            return [f"{kind} is not among {', '.join(content)}"]
        return wrong(closed(self.whole(content[kind]["schema"])), value) if kind == "application/json" else []


def forms(schema):
    """What a body may be one of."""
    return schema.get("oneOf", [schema])


def form_of(schema, body):
    """That which the body is; none when it is no such thing."""
    return next((form for form in forms(schema) if not wrong(closed(form), body)), None)


def wrong(schema, value):
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}"[:300] for error in validator.iter_errors(value)]


def edges(schema, path=()):
    """What a body must not have: (path of the member, what is wrong, the value; None takes the member away)."""
    for name in schema.get("required", []):
        yield (*path, name), "missing", None
    for name, part in schema.get("properties", {}).items():
        where = (*path, name)
        if "minimum" in part:
            yield where, "below its minimum", part["minimum"] - 1
        if "maximum" in part:
            yield where, "above its maximum", part["maximum"] + 1
        if "enum" in part:
            yield where, "none of its words", "no such word"
        if part.get("minLength"):
            yield where, "too short", "x" * (part["minLength"] - 1)
        if "maxLength" in part:
            yield where, "too long", "x" * (part["maxLength"] + 1)
        if "pattern" in part:
            yield where, "of another form", "\u00a7"
        yield from edges(part, where)
        if "properties" in part.get("items", {}):
            yield from edges(part["items"], (*where, 0))
