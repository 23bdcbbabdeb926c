"""The top level holds the agreed folders and files only."""

from tree import Finding

REMEDY = "put it into the folder it belongs to"
FOLDERS = {"system", "simulators", "scenarios", "conformance", "bench", "reports", "tools"}
FILES = {"CMakeLists.txt", "README.md"}


def check(tree):
    names = {path.split("/")[0] for path in tree.paths}
    return [
        Finding(name, 0, "does not belong to the top level")
        for name in names - FOLDERS - FILES
        if not name.startswith(".")
    ]
