"""C++ that clang 14 can compile too: fuzzing and clang-tidy use it, with the standard library of GCC 12.

Together these two cannot compile std::views, nor the algorithms that return a std::ranges::subrange.
"""

import re

from tree import CODE, Finding

REMEDY = "use a loop, an iterator pair algorithm (std::search, std::remove_if), or a container"
BANNED = re.compile(
    r"\bstd::(views::\w+|ranges::(subrange|search|search_n|find_end|remove|remove_if|unique|partition|equal_range"
    r"|(filter|transform|take|drop|keys|values|reverse)_view))\b"
)


def check(tree):
    findings = []
    for path in tree.files(*CODE):
        for number, line in tree.lines(path):
            match = BANNED.search(line)
            if match:
                findings.append(Finding(path, number, f"{match.group(0)} does not compile with clang 14"))
    return findings
