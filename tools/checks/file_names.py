"""C++ files are snake_case and their base names are unique in the tree, so that a name alone finds its file."""

import re

from tree import CODE, Finding

REMEDY = "rename it after its subject, without the folder's name in it"
SNAKE = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*\.(cpp|hpp)$")


def check(tree):
    findings = []
    first = {}
    for path in tree.files(*CODE):
        name = path.rsplit("/", 1)[-1]
        if not SNAKE.match(name):
            findings.append(Finding(path, 0, "is not snake_case"))
        if name == "main.cpp":
            continue
        other = first.setdefault(name, path)
        if other != path:
            findings.append(Finding(path, 0, f"has the same name as {other}"))
    return findings
