"""C++ is formatted as .clang-format says."""

import os
import re
import subprocess

from tree import CODE, Finding

REMEDY = "clang-format-14 -i FILE"


def check(tree):
    paths = tree.files(*CODE)
    if not paths:
        return []
    run = subprocess.run(
        ["xargs", "-0", "-n", "40", "-P", str(os.cpu_count()), "clang-format", "--style=file", "--dry-run"],
        cwd=tree.root, input="\0".join(paths), capture_output=True, text=True,
    )
    lines = {}
    for path, line in re.findall(r"^(\S+?):(\d+):\d+: warning: code should be clang-formatted", run.stderr, re.M):
        lines.setdefault(path, int(line))
    if run.returncode != 0 and not lines:
        return [Finding(".clang-format", 0, f"clang-format failed: {run.stderr.strip()[:300]}")]
    return [Finding(path, line, "not formatted from here on") for path, line in lines.items()]
