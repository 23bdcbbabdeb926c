"""Dependencies point one way: which folder may include and link which.

The table is the rule; tools/checks/README.md gives the reasons. It is applied to #include lines and to the folders
that a CMakeLists.txt names. Includes are full paths from the root, and every header says #pragma once.
"""

import fnmatch
import re

from tree import CODE, Finding, folder

REMEDY = "turn the dependency round (an interface, an event, a callback), or move the code to the folder that may know it"

BELOW_ROLES = ["system/base", "system/platform", "system/media", "system/protocols"]
ROLES = ["system/central", "system/storage", "system/analytics", "system/alarms", "system/decode"]

# folder pattern -> folders it may use besides itself; the first pattern that matches counts.
MAY_USE = [
    ("system/base", []),
    ("system/platform", ["system/base"]),
    ("system/media", ["system/base"]),
    ("system/protocols", ["system/base"]),
    ("system/http", ["system/base"]),
    ("system/devices", [*BELOW_ROLES, "system/http"]),
    *[(role, [*BELOW_ROLES, "system/devices"]) for role in ROLES],
    ("system/api", [*BELOW_ROLES, "system/http", "system/devices", *ROLES]),
    ("system/app", ["system/*"]),
    ("simulators/app", ["system/base", "system/media", "system/http", "system/protocols", "simulators/*"]),
    ("simulators/*", ["system/base", "system/media", "system/http", "system/protocols", "simulators/[!a]*"]),
    (
        "scenarios/*",
        ["system/base", "system/media", "system/http", "simulators/scene", "scenarios/*", "reports/*", "conformance/requirements"],
    ),
    ("conformance/*", ["system/base", "conformance/*"]),
    ("reports/*", ["system/base", "reports/*"]),
    ("bench/*", ["*"]),
    ("tools/watchrig", ["system/base", "system/media", "system/http", "simulators/*", "scenarios/*", "conformance/*",
                        "reports/*", "bench/*"]),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
ANGLE = re.compile(r"^\s*#\s*include\s*<([^>]+)>")
TOP = ("system/", "simulators/", "scenarios/", "conformance/", "bench/", "reports/", "tools/")
# Libraries whose headers cost every includer seconds, or tie it to a C library: a header that includes one is private
# to its folder.
HEAVY = re.compile(r"^(lib(av|sw)\w+|opencv2|boost/beast)/")


def heavy_headers(tree):
    """Header -> the heavy library header that it includes."""
    heavy = {}
    for path in tree.files(".hpp"):
        for _, line in tree.lines(path):
            angle = ANGLE.match(line)
            if angle and HEAVY.match(angle.group(1)):
                heavy[path] = angle.group(1)
    return heavy


def allowed(source, target):
    if source == target:
        return True
    for pattern, targets in MAY_USE:
        if fnmatch.fnmatch(source, pattern):
            return any(fnmatch.fnmatch(target, t) for t in targets)
    return False


def check_code(tree, path, heavy):
    source = folder(path)
    for number, line in tree.lines(path):
        quoted = INCLUDE.match(line)
        if quoted:
            name = quoted.group(1)
            if not name.startswith(TOP):
                yield Finding(path, number, f'"{name}" is not a full path from the root')
            elif not tree.exists(name):
                yield Finding(path, number, f'"{name}" does not exist')
            elif source is None or not allowed(source, folder(name)):
                yield Finding(path, number, f"{source} may not include {folder(name)}")
            elif name in heavy and folder(name) != source:
                yield Finding(path, number, f'"{name}" includes <{heavy[name]}>, so it is private to {folder(name)}')
        angle = ANGLE.match(line)
        if angle and angle.group(1).startswith(TOP):
            yield Finding(path, number, f"<{angle.group(1)}> is our own: use quotes")
    if path.endswith(".hpp") and not tree.text(path).startswith("#pragma once\n"):
        yield Finding(path, 0, "does not start with #pragma once")


def check_links(tree, path):
    source = path.rsplit("/", 1)[0]
    for number, line in tree.lines(path):
        for word in re.findall(r"[a-z]+/[a-z_]+", line.split("#")[0]):
            if word.startswith(TOP) and not allowed(source, word):
                yield Finding(path, number, f"{source} may not link {word}")


def check(tree):
    findings = []
    heavy = heavy_headers(tree)
    for path in tree.files(*CODE):
        findings.extend(check_code(tree, path, heavy))
    for path in tree.files("/CMakeLists.txt"):
        findings.extend(check_links(tree, path))
    return findings
