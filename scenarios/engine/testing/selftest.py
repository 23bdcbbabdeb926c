#!/usr/bin/env python3
"""Proves that the harness fails where it should.

Runs `watchrig` on scenarios that pass, fail, err or cannot be read, and checks exit code, verdict, reason and report of
each. usage: selftest.py WATCHRIG
"""
import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
WATCHRIG = str(pathlib.Path(sys.argv[1]).resolve())

# scenario: exit code, verdict, what the reason says
FAILING = {
    "impossible_expectation": (1, "fail", "no event recording.started of Gate"),
    "lost_frames": (1, "fail", "a gap of"),
    "uncovered": (1, "fail", "it covers"),
    "timeout": (1, "fail", "took longer than 1s"),
    "limit": (1, "fail", "line 6, measure"),
    "nothing_measured": (5, "inconclusive", "line 4, measure"),
    "never_reached": (1, "fail", "neither refused nor closed"),
    "unwanted_text": (1, "fail", 'with ""name":"admin""'),
    "wrong_order": (1, "fail", "in its place"),
    "unsent_message": (1, "fail", "no message link_nvr_pu"),
    "missing_device": (3, "harness-error", 'the rig has no device "yard"'),
    "broken_rig": (3, "harness-error", "rig"),
}

# file: what the message says behind the name of the file
UNREADABLE = {
    "unknown_step": ":4: there is no step <recrod>",
    "not_well_formed": ":4: not well-formed",
    "bad_duration": ':3: <wait> for="5"',
    "missing_attribute": ":3: <expect> needs event",
    "no_steps": ":1: the scenario has no <steps>",
    "bad_id": ":1: id=",
    "bad_choice": ':3: <fault> verb="explode"',
    "empty_group": ":3: <group> has no steps",
}

CRASHING_SERVER = """#!/bin/sh
echo '{"ready":"vmsd","pid":1,"http":"http://127.0.0.1:1","rtsp":"rtsp://127.0.0.1:1"}'
echo 'the disk is on fire' >&2
kill -SEGV $$
"""


class Failure(Exception):
    pass


def check(holds, message):
    if not holds:
        raise Failure(message)


def run(arguments, report, **environment):
    return subprocess.run([WATCHRIG, *arguments, "--report", str(report)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **environment}, check=False)


def read(report):
    for name in ("report.json", "junit.xml", "index.html"):
        check((report / name).is_file(), f"no {name}")
    return json.loads((report / "report.json").read_text())


def failing(name, report):
    code, verdict, reason = FAILING[name]
    done = run(["run", str(HERE / "failing" / f"{name}.xml"), "--seed", "7"], report)
    check(done.returncode == code, f"exit code {done.returncode}, not {code}: {done.stderr}")
    scenario = read(report)["scenarios"][0]
    check(scenario["verdict"] == verdict, f"verdict {scenario['verdict']}, not {verdict}")
    check(reason in scenario["reason"], f"the reason is: {scenario['reason']}")


def unreadable(name, report):
    file = HERE / "unreadable" / f"{name}.xml"
    done = run(["run", str(file)], report)
    check(done.returncode == 2, f"exit code {done.returncode}, not 2")
    check(str(file) + UNREADABLE[name] in done.stderr, done.stderr)
    check(not report.exists(), "there is a report of something that could not be read")


def passing(report):
    done = run(["run", str(HERE / "passing")], report)
    check(done.returncode == 0, f"exit code {done.returncode}: {done.stderr}")
    check(read(report)["scenarios"][0]["verdict"] == "pass", "no pass")


def nothing_selected(report):
    with tempfile.TemporaryDirectory() as empty:
        done = run(["run", empty], report)
    check(done.returncode == 4, f"exit code {done.returncode}, not 4")
    check(read(report)["scenarios"] == [], "scenarios out of nothing")


def wrong_usage(report):
    passing_file = str(HERE / "passing" / "plain_pass.xml")
    for arguments in (["run", "/nowhere.xml"], ["run", passing_file, "--set", "nothing=1"],
                      ["run", passing_file, "--set", "nonsense"], ["run"], ["replay", str(HERE)]):
        done = run(arguments, report)
        check(done.returncode == 2, f"{arguments}: exit code {done.returncode}, not 2")
        check(done.stderr.strip(), f"{arguments}: no message")


def missing_server(report):
    done = run(["run", str(HERE / "passing")], report, WATCHRIG_VMSD="/nowhere/vmsd")
    check(done.returncode == 3, f"exit code {done.returncode}, not 3")
    check("/nowhere/vmsd" in read(report)["problem"], "the problem does not name the program")


def crashing_server(report):
    report.mkdir()
    program = report / "server"
    program.write_text(CRASHING_SERVER)
    program.chmod(0o755)
    file = report.parent / "crash.xml"
    file.write_text('<scenario id="selftest.crash" title="Waits" timeout="1min"><server initialise="no"/>'
                    '<steps><wait for="30s"/></steps></scenario>')
    done = run(["run", str(file)], report, WATCHRIG_VMSD=str(program))
    check(done.returncode == 1, f"exit code {done.returncode}, not 1")
    reason = read(report)["scenarios"][0]["reason"]
    check("signal 11" in reason and "the disk is on fire" in reason, f"the reason is: {reason}")


def interrupted(report):
    file = report.parent / "long.xml"
    file.write_text('<scenario id="selftest.long" title="Waits" timeout="1h"><steps><wait for="30min"/></steps></scenario>')
    process = subprocess.Popen([WATCHRIG, "run", str(file), "--report", str(report)], stderr=subprocess.DEVNULL)
    server_log = report / "evidence" / "selftest.long" / "vmsd.log"
    deadline = time.monotonic() + 60
    while not (server_log.is_file() and "started" in server_log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    check(process.wait(timeout=30) == 3, "an interrupted run is no error of the harness")
    check("interrupted" in read(report)["problem"], "the report does not say that the run was interrupted")
    left = subprocess.run(["pgrep", "-f", str(report / "work")], capture_output=True, text=True, check=False).stdout
    check(not left, f"processes are left behind: {left}")


def replayed(report):
    done = run(["run", str(HERE / "failing" / "lost_frames.xml"), "--seed", "11"], report)
    check(done.returncode == 1, f"exit code {done.returncode}, not 1")
    again = report.parent / (report.name + "-again")
    done = run(["replay", str(report / "evidence" / "selftest.lost-frames"), "--json"], again)
    check(done.returncode == 1, f"replay: exit code {done.returncode}, not 1: {done.stderr}")
    comparison = json.loads(done.stdout)
    check(comparison["verdict_then"] == comparison["verdict_now"] == "fail", f"{comparison}")
    check(comparison["schedule_differences"] == [], f"{comparison}")
    check(read(again)["scenarios"][0]["seed"] == read(report)["scenarios"][0]["seed"], "another seed")


def faster(report):
    """Two minutes of model time at 60 times the speed."""
    file = report.parent / "faster.xml"
    file.write_text('<scenario id="selftest.faster" title="Waits" timeout="5min"><steps><wait for="2min"/></steps></scenario>')
    done = run(["run", str(file), "--time-scale", "60"], report)
    check(done.returncode == 0, f"exit code {done.returncode}: {done.stderr}")
    step = read(report)["scenarios"][0]["steps"][0]
    check(step["end"] > step["begin"], "no time passed")
    check(read(report)["scenarios"][0]["real_seconds"] < 60, "real time was not scaled")


def bound(report):
    """A camera that somebody else runs takes the place of the virtual one; what only a virtual one can do is skipped."""
    folder = report.parent
    (folder / "other.xml").write_text('<rig><camera id="other" main="h264 352x288@10 256kbps gop=10"/></rig>')
    other = subprocess.Popen([WATCHRIG, "rig", str(folder / "other.xml")], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True)
    try:
        url = json.loads(other.stdout.readline())["devices"][0]["streams"]["main"]["url"]
        (folder / "binding.xml").write_text(
            f'<rig><bind id="gate" driver="rtsp" main="{url}" detail="Acme X1 firmware 2.1"/></rig>')
        (folder / "bound.xml").write_text("""<scenario id="selftest.bound" title="Runs on real hardware">
            <rig><camera id="gate" main="h264 352x288@10 256kbps"/></rig>
            <steps><add-device device="gate" as="Gate"/><expect event="channel.online" channel="Gate" within="10s"/>
            <fault device="gate" verb="power-cut" for="1s"/><expect-channel channel="Gate" state="online"/></steps>
            </scenario>""")
        done = run(["run", str(folder / "bound.xml"), "--rig", str(folder / "binding.xml")], report)
    finally:
        other.terminate()
        other.wait(timeout=10)
    scenario = read(report)["scenarios"][0]
    check(done.returncode == 5, f"exit code {done.returncode}, not 5: {done.stderr}")
    check(scenario["devices"][0]["real"], "the report does not say that the device is real")
    check([step["verdict"] for step in scenario["steps"]] == ["pass", "pass", "skip", "pass"], f"{scenario['steps']}")
    check("gate is real" in scenario["reason"], f"the reason is: {scenario['reason']}")


def main():
    cases = {f"failing {name}": (failing, name) for name in FAILING}
    cases |= {f"unreadable {name}": (unreadable, name) for name in UNREADABLE}
    for case in (passing, nothing_selected, wrong_usage, missing_server, crashing_server, interrupted, replayed, faster,
                 bound):
        cases[case.__name__] = (case,)
    failures = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(3) as pool:
        def attempt(name):
            function, *arguments = cases[name]
            place = pathlib.Path(folder) / name.replace(" ", "-")
            place.mkdir()
            function(*arguments, place / "report")
        futures = {pool.submit(attempt, name): name for name in cases}
        for future in concurrent.futures.as_completed(futures):
            error = future.exception()
            failures += error is not None
            print(f"{'FAILED' if error else 'ok':7} {futures[future]}{f': {error!r}' if error else ''}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
