"""Every requirement id that a scenario or case cites stands in the catalogue."""

import re

from tree import Finding

REMEDY = "correct the id; the catalogue is conformance/requirements/*.tsv"
CATALOGUE = "conformance/requirements/"
VERIFIES = re.compile(r'\bverifies\s*=\s*"([^"]*)"')


def check(tree):
    known = set()
    for path in tree.files(".tsv"):
        if path.startswith(CATALOGUE):
            known.update(line.split("\t", 1)[0] for line in tree.text(path).splitlines()[1:] if line)
    findings = []
    for path in tree.files(".xml"):
        for number, line in tree.lines(path):
            for ids in VERIFIES.findall(line):
                for cited in ids.split():
                    if cited not in known:
                        findings.append(Finding(path, number, f"cites {cited}, which is not in the catalogue"))
    return findings
