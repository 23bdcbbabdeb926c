"""Each second-level folder has a README.md of at most a page, and what a README names exists.

Looked at: links to files, `paths/in/backticks`, and words of sh code blocks that are paths of this tree.
"""

import re

from tree import Finding, folder

REMEDY = "write or correct the README; a stale sentence is a defect"
MAX_LINES = 80
TOPS = r"(?:system|simulators|scenarios|conformance|bench|reports|tools)"
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
PATH = re.compile(rf"(?:^|[\s`'\"=])(?:\./)?({TOPS}/[\w./-]*\w)")
COMMAND = re.compile(r"(?:^|[\s`])\./((?:tools|\.ci|bench)/[\w./-]+)")
GENERIC = re.compile(r"[<>*…{}]|\.\.\.")


def check_names(tree, path):
    home = path.rsplit("/", 1)[0] + "/" if "/" in path else ""
    in_shell = False
    for number, line in tree.lines(path):
        if line.startswith("```"):
            in_shell = line.strip() in ("```sh", "```bash", "```console")
            continue
        for target in LINK.findall(line):
            if not (tree.exists(home + target) or tree.exists(target)):
                yield Finding(path, number, f"links to {target}, which does not exist")
        words = line.split() if in_shell else re.findall(r"`([^`]+)`", line)
        for word in words:
            if GENERIC.search(word):
                continue
            for target in PATH.findall(" " + word):
                if not tree.exists(target):
                    yield Finding(path, number, f"names {target}, which does not exist")
            for command in COMMAND.findall(" " + word):
                if tree.exists(command) and not (tree.root / command).stat().st_mode & 0o100:
                    yield Finding(path, number, f"runs {command}, which is not executable")


def check(tree):
    findings = []
    for name in sorted({f for f in map(folder, tree.paths) if f and not f.startswith(".")}):
        readme = f"{name}/README.md"
        if readme not in tree.paths:
            findings.append(Finding(name, 0, "has no README.md"))
        elif len(tree.text(readme).splitlines()) > MAX_LINES:
            findings.append(Finding(readme, 0, f"is longer than {MAX_LINES} lines"))
    for path in tree.files("README.md"):
        findings.extend(check_names(tree, path))
    return findings
