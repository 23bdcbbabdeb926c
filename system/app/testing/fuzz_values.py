"""Bad values, and a valid request with one of them put in: as JSON, as bytes, in a path, in a query, in a header."""
import copy
import itertools
import json

MEBI = 1 << 20
RAW = "@raw@"  # a text that begins so stands for a token of JSON, or for bytes (in Latin-1), as they are

TEXTS = ["", " ", "x" * 257, "x" * 100_000, "\ud800", "\udfff\ud800", "a\u0000b", "\u202egnp.exe\u202c", "\U0001f600" * 40, "e\u0301" * 40,
         "../../etc/passwd", "%s%n%n", "{}{0}", "'; DROP TABLE users;--", "<script>", "\r\nSet-Cookie: a=b", "\u007f\u0001", "NaN",
         "-1", "a0", "c0", "rtsp://", "file:///etc/passwd", "rtsp://[::1", "127.0.0.1:99999", "9999-99-99T99:99:99Z",
         RAW + '"\xff\xfe"', RAW + '"\xc0\xae\xc0\xae"', RAW + '"\xed\xa0\x80"', RAW + '"\\u12"', RAW + '"\\x"', RAW + '"']
NUMBERS = [-1, 0, 1 << 31, 1 << 32, (1 << 63) - 1, -(1 << 63), 1 << 63, 1 << 70, 0.5, -0.0, 1e308,
           *(RAW + token for token in ("1e999", "NaN", "Infinity", "-", "01", "1.", "0x10", "1" * 5000))]
OTHER_TYPES = [True, 7, 0.5, "text", [], {}, [[]], [{}]]
JSON_TYPES = {bool: "flag", int: "number", float: "number", str: "text", list: "list", dict: "object"}

PATHS = ["%2e%2e", "%2e%2e%2fusers", "..", ".", "%00", "c1%00", "%2f", "a%2fb", "%c0%ae%c0%ae", "%ff", "%ed%a0%80", "%", "%zz", "%u0041",
         "x" * 8000, "-1", "0", "a0%20", "99999999999999999999", "c99999999999999999999", "%F0%9F%98%80", "'%20OR%201=1--", "*",
         "%0d%0aSet-Cookie:%20a=b", "%25s%25n", ";a=b", "~root", "%7B0%7D", "d1.json", "%E2%80%AE"]
QUERIES = ["", "-1", "0", "NaN", "1e9", "9" * 40, "9223372036854775807", "-9223372036854775808", "0x10", "%00", "%ff", "%c0%ae", "%",
           "%zz", "x" * 8000, "true", "a0", "a-1", "9999-12-31T23:59:59Z", "0000-00-00T00:00:00Z", "292278994-01-01T00:00:00Z",
           "1969-12-31T23:59:59.999999999Z", "%F0%9F%98%80", "'", "%25", "[]", "a&a=b&a", "*"]
QUERY_NAMES = ["offset", "limit", "q", "sort", "from", "to", "at", "since", "severity", "class", "correlation", "check", "area", "a%00b"]
HEADERS = [("Range", "bytes=0-"), ("Range", "bytes=9-1"), ("Range", "bytes=" + "0-1," * 500), ("Range", "x" * 999),
           ("If-Match", '"'), ("If-Match", '"99999999999999999999"'), ("If-Match", "W/\"1\""), ("If-Match", "," * 999),
           ("If-Match", '"\xff"'), ("Idempotency-Key", ""), ("Idempotency-Key", "k" * 256), ("Idempotency-Key", "a b"),
           ("Idempotency-Key", "\xff\xfe"), ("X-Request-Id", "\xff" * 9), ("X-Request-Id", "x" * 999), ("Authorization", "Bearer \xff"),
           ("Authorization", "Bearer " + "x" * 9999), ("Authorization", "Digest " + "," * 99), ("Content-Type", "text/xml"),
           ("Content-Type", "multipart/form-data"), ("Content-Type", "application/json; charset=utf-16"), ("Content-Encoding", "gzip"),
           ("Accept", "image/png"), ("Accept-Encoding", "\xff"), ("Cookie", "a=" + "b" * 4000), ("Host", "\xff\xff"), ("Host", ""),
           ("Upgrade", "h2c"), ("Connection", "Upgrade, close, keep-alive"), ("Expect", "400-never"), ("X-Forwarded-For", "'"),
           ("X-HTTP-Method-Override", "DELETE"), ("Origin", "null")]

# Whole bodies that are no object of JSON.
NO_OBJECTS = [b"", b"{", b"}", b"[]", b"null", b"7", b'"text"', b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"\x00", b"{}{}", b"{'a':1}", b"{\"a\":1,}",
              b"[" * 1000, b"[" * 1000 + b"]" * 1000, b'{"a":' * 1000 + b"1" + b"}" * 1000, b"[" * 100_000, b"<?xml version='1.0'?><a/>",
              b"a=b&c=d", b"{\"a\":\"" + b"\\" * 999, b"{/**/}", b" " * 100_000]


class Body:
    """What is sent, and what is wrong with it: the field, and whether the server must refuse it."""

    def __init__(self, title, data, field="", refused=False):
        self.title, self.data, self.field, self.refused = title, data, field, refused


def numbered(value, counter):
    """With each "#" replaced by a number that was not used before."""
    if isinstance(value, str):
        return value.replace("#", str(next(counter)))
    if isinstance(value, bytes):
        return value.replace(b"#", str(next(counter)).encode())
    if isinstance(value, list):
        return [numbered(entry, counter) for entry in value]
    if isinstance(value, dict):
        return {name: numbered(entry, counter) for name, entry in value.items()}
    return value


def encoded(value):
    """JSON in bytes, lone surrogates escaped, raw tokens as they are."""
    if isinstance(value, str):
        return value[len(RAW):].encode("latin-1") if value.startswith(RAW) else json.dumps(value).encode()
    if isinstance(value, list):
        return b"[" + b",".join(map(encoded, value)) + b"]"
    if isinstance(value, dict):
        return b"{" + b",".join(json.dumps(name).encode() + b":" + encoded(entry) for name, entry in value.items()) + b"}"
    return json.dumps(value).encode()


def places(value, path=()):
    """The path of each member, of lists only into the first entry."""
    entries = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, entry in entries:
        yield (*path, key), entry
        yield from places(entry, (*path, key))


def changed(value, path, new):
    """A copy with another value at the path, or without it when there is none."""
    value = copy.deepcopy(value)
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    if new is None:
        del parent[path[-1]]
    else:
        parent[path[-1]] = new[0]
    return value


def long_list(entries):
    """100,000 entries, or as many as a body may have."""
    entry = encoded(entries[0]) if entries else b"1"
    return RAW + (b"[" + b",".join([entry] * min(100_000, (MEBI - 4096) // (len(entry) + 1))) + b"]").decode("latin-1")


def values_for(old):
    """Title, new value, whether it is of a type that no field may take in place of the old one."""
    kind = JSON_TYPES[type(old)]
    others = ((f"{json.dumps(new)} for a {kind}", new, JSON_TYPES[type(new)] != kind) for new in OTHER_TYPES
              if JSON_TYPES[type(new)] != kind or kind in ("list", "object"))
    own = {"text": TEXTS, "number": NUMBERS, "flag": [], "list": [[], long_list(old)] if kind == "list" else [], "object": [{}]}[kind]
    return itertools.chain(others, ((repr(new)[:40], new, False) for new in own), [("null", RAW + "null", False)])


def bodies_from(valid):
    """Every body that is made of a valid one."""
    for data in NO_OBJECTS:
        yield Body(f"body {data[:20]!r} of {len(data)} bytes", data, refused=isinstance(valid, dict) and data != b"")
    yield Body("body over the limit", b'{"a":"' + b"x" * (MEBI + 1) + b'"}', refused=True)
    if isinstance(valid, bytes):
        yield from bytes_from(valid)
        return
    whole = encoded(valid)
    yield Body("half a body", whole[:len(whole) // 2], refused=len(whole) > 2)
    yield Body("something behind the body", whole + b"x", refused=True)
    yield Body("an unknown member", encoded({**valid, "unknown\u202e": 1}), "unknown\u202e", True)
    yield Body("an unknown empty member", encoded({**valid, "": 1}), refused=True)
    for path, old in places(valid):
        name = ".".join(map(str, path))
        yield Body(f"{name} missing", encoded(changed(valid, path, None)), name)
        for title, new, refused in values_for(old):
            yield Body(f"{name}: {title}", encoded(changed(valid, path, [new])), name, refused)
        if isinstance(old, dict):
            yield Body(f"{name}: unknown member", encoded(changed(valid, (*path, "unknown"), [1])), f"{name}.unknown", True)
    for name, old in valid.items():
        yield Body(f"{name} twice", b"{" + encoded(name) + b":" + encoded(old) + b"," + whole[1:], name)


def bytes_from(valid):
    """Pictures and tables: cut, with other bytes, too long."""
    for part in range(8):
        at = len(valid) * part // 8
        yield Body(f"the first {at} bytes", valid[:at])
        yield Body(f"another byte at {at}", valid[:at] + bytes([valid[at] ^ 0x55]) + valid[at + 1:])
        yield Body(f"NUL and bytes that are no UTF-8 at {at}", valid[:at] + b"\x00\xff\xc0\xae\xed\xa0\x80" + valid[at:])
    yield Body("a thousand times", valid * 1000)
    yield Body("one long line", valid[:20] + b"," * 100_000)
    yield Body("quotes", b'"' * 99_999)
