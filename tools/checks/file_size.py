"""A file has one subject: over 600 lines it fails, unless "Long because" in its first ten lines says why.

Files over 400 lines are listed as a note.
"""

from tree import Finding

REMEDY = "ask which two things it is and split it"
SUFFIXES = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".ts", ".tsx", ".js", ".css")
NOTE, LIMIT = 400, 600


def check(tree):
    findings = []
    for path in tree.files(*SUFFIXES):
        lines = tree.text(path).splitlines()
        if any("Long because" in line for line in lines[:10]):
            continue
        if len(lines) > LIMIT:
            findings.append(Finding(path, 0, f"has {len(lines)} lines, {LIMIT} is the limit"))
        elif len(lines) > NOTE:
            print(f"  note: {path} has {len(lines)} lines: which two things is it?")
    return findings
