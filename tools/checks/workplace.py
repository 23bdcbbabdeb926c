"""The tree speaks of the project alone: no paths of one machine, no registry hosts, no words of how it was written."""

import re

from tree import Finding

REMEDY = "use a path relative to the tree, an option or an environment variable; say what, not who or where"
BANNED = [
    (re.compile(r"(?<![\w.$}])/(work|farm|root|home)/[\w.]+"), "is a path of one machine"),
    (re.compile(r"/tmp/(build|bash_jobs|contracts)[\w.-]*"), "is a path of one machine"),
    (re.compile(r"\b(registry\.npmjs\.org|pypi\.org|files\.pythonhosted\.org|crates\.io|proxy\.golang\.org|docker\.io|ghcr\.io)\b"),
     "is the host of a package registry"),
    (re.compile(r"\b(claude|anthropic|chatgpt|copilot|openai)\b|\blanguage model", re.I), "is not the project's subject"),
    (re.compile(r"\bissues? #?\d+\b", re.I), "refers to a tracker"),
]


def check(tree):
    findings = []
    for path in tree.paths:
        if path == "tools/checks/workplace.py":
            continue
        broken = [(pattern, what) for pattern, what in BANNED if pattern.search(tree.text(path))]
        for number, line in tree.lines(path) if broken else ():
            for pattern, what in broken:
                match = pattern.search(line)
                if match:
                    findings.append(Finding(path, number, f'"{match.group(0)}" {what}'))
    return findings
