#!/usr/bin/env python3
"""The open-source notice names every library that vmsd is linked with, and where its licence is on this machine.

usage: legal_notice.py VMSD; 77: readelf is missing
"""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Found by CMake for other programs than vmsd: tests, benchmarks, simulators, the harness.
OF_OTHERS = {"GTest", "benchmark", "Threads", "PkgConfig", "pcap", "OpenSSL::SSL"}
NAMES_OF_CMAKE = {"SQLite3": "SQLite", "CURL": "curl", "ZLIB": "zlib", "argon2": "Argon2", "isal": "ISA-L", "ffmpeg": "FFmpeg", "archive": "libarchive"}


def table():
    lines = (ROOT / "system/api/legal/libraries.tsv").read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines[1:]]


def check(linked, found_by_cmake, rows, documents=pathlib.Path("/usr/share/doc")):
    """What is missing or wrong, a sentence each."""
    known = {name for row in rows for name in row[3].split()}
    names = {row[0] for row in rows}
    wrong = [f"vmsd is linked with {name}, which legal/libraries.tsv does not list" for name in sorted(linked - known)]
    wrong += [f"CMake finds {name}, which legal/libraries.tsv does not list" for name in sorted(found_by_cmake - names)]
    wrong += [f"{row[0]} is not a line of five columns" for row in rows if len(row) != 5]
    wrong += [f"{row[0]}: there is no licence text of the package {row[2]}" for row in rows if not (documents / row[2] / "copyright").exists()]
    return wrong


def main():
    if not shutil.which("readelf"):
        return 77
    told = subprocess.run(["readelf", "-d", sys.argv[1]], capture_output=True, text=True, check=True).stdout
    linked = {name.split(".so")[0] for name in re.findall(r"\(NEEDED\).*\[(.*)\]", told)}
    cmake = (ROOT / "tools/cmake/libraries.cmake").read_text("utf-8")
    found = set(re.findall(r"(?:find_package|pkg_check_modules)\((\S+)", cmake)) - OF_OTHERS
    found = {NAMES_OF_CMAKE.get(name, name) for name in found}
    rows = table()
    wrong = check(linked, found, rows)
    if not check(linked | {"libnew"}, found | {"New"}, rows[1:]):
        wrong.append("this test does not notice what is missing")
    if len(linked) < 10:
        wrong.append(f"only {len(linked)} libraries were found in vmsd")
    for line in wrong:
        print(f"FAILED: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
