"""No words of unfinished work, no sleeping, no detached coroutine, no assertion that cannot fail, no other clock."""

import re

from tree import CODE, Finding

REMEDY = "finish it, or leave it out; waits are on events with a deadline (base::Timer, base::Watchdog)"
TEXT = CODE + (".py", ".sh", ".cmake", "CMakeLists.txt", ".xml", ".xsd", ".html", ".js", ".ts", ".md")
# "Not Implemented" is the reason phrase of status 501.
WORDS = re.compile(r"\b((?i:todo|fixme)|XXX|HACK)\b|\b[Nn]ot (yet )?implemented\b")
CLOCK = "system/base/clock.cpp"
BANNED = [
    (re.compile(r"\bsleep_(for|until)\b|\bu?sleep\s*\(|\bnanosleep\s*\("), "sleeps"),
    (re.compile(r"\basio::detached\b|experimental/awaitable_operators"), "is banned in coroutines"),
    (re.compile(r"\bSUCCEED\(\)|(EXPECT|ASSERT)_TRUE\(true\)"), "is an assertion that cannot fail"),
    (re.compile(r"\bsystem_clock::now\b|\bgettimeofday\s*\(|\btime\((nullptr|NULL|0)\)"), "asks another clock than base::Clock"),
]


def check_line(path, number, line):
    word = WORDS.search(line)
    if word:
        yield Finding(path, number, f'"{word.group(0)}" says that work is unfinished')
    if path.endswith(CODE) and path != CLOCK:
        for pattern, what in BANNED:
            match = pattern.search(line)
            if match:
                yield Finding(path, number, f'"{match.group(0)}" {what}')


def check(tree):
    findings = []
    for path in tree.files(*TEXT):
        text = tree.text(path)
        if path == "tools/checks/unfinished.py":
            continue
        if WORDS.search(text) or any(pattern.search(text) for pattern, _ in BANNED):
            for number, line in tree.lines(path):
                findings.extend(check_line(path, number, line))
    return findings
