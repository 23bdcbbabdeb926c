"""Shell scripts pass shellcheck, and stop at the first error (set -e or an explicit reason not to)."""

import re
import subprocess

from tree import Finding

REMEDY = "shellcheck FILE explains each finding"
SHEBANG = re.compile(r"^#!.*\b(ba)?sh\b")


def check(tree):
    scripts = [p for p in tree.paths if SHEBANG.match(tree.text(p).split("\n", 1)[0])]
    if not scripts:
        return []
    findings = []
    for path in scripts:
        if not re.search(r"^set -\w*u", tree.text(path), re.M):
            findings.append(Finding(path, 0, "has no set -u"))
    run = subprocess.run(
        ["shellcheck", "-x", "-f", "gcc", *scripts], cwd=tree.root, capture_output=True, text=True
    )
    for path, line, text in re.findall(r"^(.+?):(\d+):\d+: \w+: (.*)$", run.stdout, re.M):
        findings.append(Finding(path, int(line), text))
    if run.returncode > 1:
        findings.append(Finding("tools/checks/shell.py", 0, f"shellcheck failed: {run.stderr.strip()[:300]}"))
    return findings
