#!/usr/bin/env python3
"""Evidence: what two cameras have recorded, taken away as one signed file, read by Python's zipfile, judged by openssl, played by FFmpeg,
and changed by whoever had it in his hands.
usage: signed_export.py VMSD WATCHRIG EXPORT_CHECK; 77: ffmpeg or openssl is missing.
"""
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from judge import Judge, SKIPPED  # noqa: E402
from playback_stage import GROUP, RATE, Stage, digests, seconds, utc  # noqa: E402
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

SETTINGS = [word for port in ("http", "https", "rtsp") for word in ("--set", f"{port}.port=0")]
CAMERA = '<camera id="{}" main="h264 {}@{} 200kbps gop={}" scene="street"/>'
RIG = f'<rig>{CAMERA.format("gate", "320x240", RATE, GROUP)}{CAMERA.format("yard", "352x288", RATE, GROUP)}</rig>'
OTHERS = {"manifest.json", "manifest.sig", "signer.pem"}
REASON = "theft of a bicycle, 自行车"


class Evidence:
    def __init__(self, stage, yard, checker):
        self.stage, self.judge, self.yard, self.checker = stage, stage.judge, yard, checker
        self.file = stage.folder / "evidence.zip"

    def order(self, token=None, **body):
        """Status, and what was answered."""
        request = urllib.request.Request(f"{self.stage.admin.base_url}/api/v1/exports", json.dumps(body).encode(), self.signed(token) | {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def signed(self, token=None):
        return {"Authorization": f"Bearer {token or self.stage.admin.session['token']}"}

    def until(self, export, done):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            told = self.stage.admin.call("GET", f"/api/v1/exports/{export}")
            if done(told):
                return told
            time.sleep(0.05)
        raise SystemExit(f"FAILED: the export does not get there: {told}")

    def fetch(self, export, token=None, part=None):
        """Status and bytes of its file, which is kept where it is whole."""
        headers = self.signed(token) | ({"Range": f"bytes={part}"} if part else {})
        request = urllib.request.Request(f"{self.stage.admin.base_url}/api/v1/exports/{export}/file", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                content = answer.read()
                if answer.status == 200:
                    self.file.write_bytes(content)
                return answer.status, content
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def take(self, **body):
        status, told = self.order(**body)
        if status != 202:
            raise SystemExit(f"FAILED: the export of {body}: {status} {told}")
        self.export = told["id"]
        told = self.until(self.export, lambda export: export["state"] not in ("waiting", "running"))
        self.judge.expect((told["state"], told["progress"]) == ("done", 1), f"the export: {told}")
        self.fetch(self.export)
        with zipfile.ZipFile(self.file) as archive:
            self.judge.expect(archive.testzip() is None, f"a CRC of {self.file.name}: {archive.testzip()}")
            archive.extractall(self.stage.folder / "taken")
            return json.loads(archive.read("manifest.json")), set(archive.namelist())

    def checked(self, file, *options):
        """Exit code and lines of export_check."""
        done = subprocess.run([self.checker, file, *options], capture_output=True, text=True, timeout=PATIENCE, check=False)
        return done.returncode, done.stdout + done.stderr


def check_content(evidence):
    """All that is recorded of both, also beyond the hole."""
    stage, judge = evidence.stage, evidence.judge
    first, last = utc(stage.begin + 0.25), stage.second["to"]
    manifest, names = evidence.take(channels=["Gate", evidence.yard], **{"from": first, "to": last}, reason=REASON)
    judge.expect(names == OTHERS | {file["name"] for file in manifest["files"]}, f"what is in it: {names}")
    judge.expect([file["channel"] for file in manifest["files"]] == [stage.channel, evidence.yard], f"files: {manifest['files']}")
    told = (manifest["reason"], manifest["account"], seconds(manifest["from"]), seconds(manifest["to"]))
    judge.expect(told == (REASON, "admin", seconds(first), seconds(last)), f"the manifest says {told}")
    spans = manifest["channels"][0]["recorded"]
    judge.expect(len(spans) == 2 and spans[1]["from"] == stage.second["from"] and spans[0]["to"] == stage.first["to"], f"recorded: {spans}")
    expected = stage.exported({"from": first, "to": last})
    file = manifest["files"][0]
    found = digests(stage.folder / "taken" / file["name"])
    judge.expect(found == expected and len(found) == file["frames"] > 100, f"{len(found)} pictures of {file['frames']}, {len(expected)} in export.mp4")
    yard = digests(stage.folder / "taken" / manifest["files"][1]["name"])
    judge.expect(len(yard) == manifest["files"][1]["frames"] > GROUP, f"{len(yard)} pictures of the yard")
    for file in manifest["files"]:
        content = (stage.folder / "taken" / file["name"]).read_bytes()
        pieces = [hashlib.sha256(content[at:at + manifest["piece_bytes"]]).hexdigest() for at in range(0, len(content), manifest["piece_bytes"])]
        judge.expect((hashlib.sha256(content).hexdigest(), len(content), pieces) == (file["sha256"], file["bytes"], file["piece_sha256"]), f"digests of {file['name']}")
    return manifest


def check_signature(evidence):
    """As openssl sees it, and export_check."""
    taken, judge = evidence.stage.folder / "taken", evidence.judge
    key = evidence.stage.admin.call("GET", "/api/v1/signing-key")
    judge.expect((taken / "signer.pem").read_text() == key["public_key"], f"the signer: {key}")
    der = subprocess.run(["openssl", "pkey", "-pubin", "-in", taken / "signer.pem", "-outform", "DER"], capture_output=True, check=True).stdout
    judge.expect(hashlib.sha256(der).hexdigest() == key["fingerprint"], f"the fingerprint: {key}")
    verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", taken / "signer.pem", "-rawin", "-in", taken / "manifest.json", "-sigfile", taken / "manifest.sig"]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    judge.expect(done.returncode == 0 and "Verified Successfully" in done.stdout, f"openssl: {done.stdout}{done.stderr}")
    mine = evidence.stage.folder / "server.pem"
    mine.write_text(key["public_key"])
    for options in ((), ("--key", mine)):
        code, told = evidence.checked(evidence.file, *options)
        judge.expect(code == 0 and "unchanged since" in told and key["fingerprint"] in told and REASON in told, f"export_check {options}: {code} {told}")
    judge.expect("compare it with the server's" in evidence.checked(evidence.file)[1], "nothing says that the key in the file may be anybody's")
    return mine


def check_forgeries(evidence, manifest, key):
    judge, folder = evidence.judge, evidence.stage.folder
    whole = evidence.file.read_bytes()
    forged = folder / "forged.zip"
    name = manifest["files"][1]["name"]
    # One bit of the yard's picture.
    video = (folder / "taken" / name).read_bytes()
    at = whole.index(video) + len(video) // 2
    forged.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
    code, told = evidence.checked(forged, "--key", key)
    judge.expect(code == 1 and f"CHANGED  {name}: was changed in its bytes" in told, f"a changed bit: {code} {told}")
    # The ZIP made anew, without the second file and with another signer.
    other = folder / "other.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", other], check=True)
    public = subprocess.run(["openssl", "pkey", "-in", other, "-pubout"], capture_output=True, check=True).stdout
    manifest = {**manifest, "files": manifest["files"][:1]}
    (folder / "forged.json").write_text(json.dumps(manifest))
    subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", other, "-rawin", "-in", folder / "forged.json", "-out", folder / "forged.sig"], check=True)
    with zipfile.ZipFile(forged, "w") as archive:
        archive.write(folder / "taken" / manifest["files"][0]["name"], manifest["files"][0]["name"])
        archive.write(folder / "forged.json", "manifest.json")
        archive.write(folder / "forged.sig", "manifest.sig")
        archive.writestr("signer.pem", public)
    code, told = evidence.checked(forged, "--key", key)
    judge.expect(code == 1 and "CHANGED  signer.pem: is another key" in told, f"another signer: {code} {told}")
    code, told = evidence.checked(forged)
    judge.expect(code == 0, f"openssl's own signature, without the server's key: {code} {told}")
    for file, options in ((folder / "none.zip", ()), (folder / "forged.json", ()), (evidence.file, ("--key", folder / "forged.json")), (evidence.file, ("--clock", "1"))):
        code, told = evidence.checked(file, *options)
        judge.expect(code == 2 and told.strip() != "", f"what cannot be checked: {file.name} {options}: {code} {told}")


def check_refusals(evidence):
    judge, stage, admin = evidence.judge, evidence.stage, evidence.stage.admin
    period = {"from": stage.first["from"], "to": stage.second["to"]}
    gate = {"channels": ["Gate"]} | period
    month = 31 * 24 * 3600
    wrong = [(400, "channels", period), (400, "channels", gate | {"channels": ["c1"] * 65}), (404, "channels", gate | {"channels": ["Gate", "Attic"]}),
             (400, "from", {"channels": ["Gate"], "to": period["to"]}), (400, "to", gate | {"to": period["from"]}),
             (400, "to", gate | {"to": utc(stage.begin + month + 1)}), (400, "stream", gate | {"stream": "third"}), (400, "reason", gate | {"reason": "r" * 256}),
             (404, None, gate | {"from": "2001-01-01T00:00:00Z", "to": "2001-01-02T00:00:00Z"}), (404, None, gate | {"stream": "sub"})]
    for status, field, body in wrong:
        found, told = evidence.order(**body)
        judge.expect((found, told["error"].get("field")) == (status, field), f"{status} {field}: {found} {told}")
    for body in (gate | {"reason": "r" * 255}, gate | {"to": utc(stage.begin + month - 1)}):
        judge.expect(evidence.order(**body)[0] == 202, f"at the edge: {body}")
    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    tokens = {}
    for name, right, expected in (("ann", "download", 202), ("eve", "download", 202), ("bob", "playback", 403)):
        admin.call("POST", "/api/v1/groups", {"name": f"of.{name}", "authorities": {right: True}})
        admin.call("POST", "/api/v1/users", {"name": name, "group": f"of.{name}", "password": PASSWORD, "password_again": PASSWORD})
        tokens[name] = Client(admin.base_url).call("POST", "/api/v1/sessions", {"username": name, "password": PASSWORD})["token"]
        status, told = evidence.order(token=tokens[name], **gate)
        judge.expect(status == expected, f"one who may {right}: {status} {told}")
    theirs = [export for export in admin.call("GET", "/api/v1/exports")["exports"] if export["account"] == "ann"]
    judge.expect(len(theirs) == 1, "an administrator does not see those of others")
    evidence.until(theirs[0]["id"], lambda told: told["state"] == "done")
    judge.expect(evidence.fetch(theirs[0]["id"], tokens["ann"])[0] == 200, "ann does not get her own")
    judge.expect(evidence.fetch(theirs[0]["id"], tokens["eve"])[0] == 404, "eve gets ann's")
    admin.call("PUT", "/api/v1/groups/of.ann", {"authorities": {"download": [evidence.yard]}})
    judge.expect(evidence.fetch(theirs[0]["id"], tokens["ann"])[0] == 403, "ann gets what she may not export any more")


def check_parts(evidence):
    """A download that broke off goes on, as curl does it."""
    judge, whole = evidence.judge, evidence.file.read_bytes()
    for part, begin, end in (("0-0", 0, 1), ("100-99999", 100, 100000), (f"{len(whole) - 7}-", len(whole) - 7, len(whole)), ("-3", len(whole) - 3, len(whole))):
        judge.expect(evidence.fetch(evidence.export, part=part) == (206, whole[begin:end]), f"bytes {part}")
    judge.expect(evidence.fetch(evidence.export, part=f"{len(whole)}-")[0] == 416, "bytes beyond the end")
    broken = evidence.stage.folder / "broken.zip"
    broken.write_bytes(whole[:len(whole) // 3])
    address = f"{evidence.stage.admin.base_url}/api/v1/exports/{evidence.export}/file"
    subprocess.run(["curl", "-sf", "-C", "-", "-o", broken, "-H", f"Authorization: {evidence.signed()['Authorization']}", address], check=True)
    judge.expect(broken.read_bytes() == whole, "curl -C - does not make it whole")


def check_traces(evidence):
    """Who has taken it away is in the log."""
    events = evidence.stage.admin.call("GET", "/api/v1/events?since=0&limit=1000")["events"]
    told = [event for event in events if event["type"] == "recording.exported"]
    of_both = {event["channel"] for event in told if event["data"]["reason"] == REASON}
    evidence.judge.expect(of_both == {evidence.stage.channel, evidence.yard}, f"events: {told[:2]}")


def check_pauses(evidence):
    """A slow server: two wait, one is being made; the server ends in the middle."""
    judge, stage, admin = evidence.judge, evidence.stage, evidence.stage.admin
    body = {"channels": ["Gate"], "from": stage.first["from"], "to": stage.second["to"], "reason": "slow"}
    exports = [evidence.order(**body)[1]["id"] for _ in range(3)]
    evidence.until(exports[0], lambda told: told["state"] == "running" and told["progress"] > 0)
    changed = admin.call("PATCH", "/api/v1/exports", {"paused": True})["changed"]
    before = [admin.call("GET", f"/api/v1/exports/{export}") for export in exports]
    judge.expect(changed == 3 and {told["state"] for told in before} == {"paused"}, f"paused: {changed} {before}")
    time.sleep(1)
    judge.expect([admin.call("GET", f"/api/v1/exports/{export}") for export in exports] == before, "what is paused goes on")
    judge.expect(evidence.fetch(exports[0])[0] == 409, "what is not done can be fetched")
    admin.call("PATCH", f"/api/v1/exports/{exports[1]}", {"paused": False})
    evidence.until(exports[1], lambda told: told["state"] == "running" and told["progress"] > 0)
    admin.call("PATCH", "/api/v1/settings/exports", {"megabits_per_second": 0})
    return exports


def check_restart(evidence, exports):
    judge, admin = evidence.judge, evidence.stage.admin
    evidence.until(exports[1], lambda told: told["state"] == "done")
    states = [admin.call("GET", f"/api/v1/exports/{export}")["state"] for export in exports]
    judge.expect(states == ["paused", "done", "paused"], f"after a restart: {states}")
    evidence.fetch(exports[1])
    code, told = evidence.checked(evidence.file)
    judge.expect(code == 0 and "slow" in told, f"what a restart has interrupted: {code} {told}")
    judge.expect(admin.call("PATCH", "/api/v1/exports", {"paused": False}) == {"changed": 2}, "not all go on")
    for export in exports:
        evidence.until(export, lambda told: told["state"] == "done")
    admin.call("DELETE", f"/api/v1/exports/{exports[0]}")
    mine = [export for export in admin.call("GET", "/api/v1/exports")["exports"] if export["account"] == "admin"]
    removed = admin.call("DELETE", "/api/v1/exports")
    others = admin.call("GET", "/api/v1/exports")["exports"]
    judge.expect(removed == {"removed": len(mine)} and {export["account"] for export in others} == {"ann", "eve"}, f"{removed}, left: {others}")
    for export in others:
        admin.call("DELETE", f"/api/v1/exports/{export['id']}")
    left = list((evidence.stage.folder / "data/exports").iterdir())
    judge.expect(not left, f"left behind: {left}")


def main():
    vmsd, watchrig, checker = sys.argv[1:]
    if not shutil.which("ffmpeg") or not shutil.which("openssl"):
        print("skipped: there is no ffmpeg, or no openssl; ./tools/setup.sh installs both")
        return SKIPPED
    judge = Judge()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        rig_file = pathlib.Path(folder, "rig.xml")
        rig_file.write_text(RIG)

        def server():
            return Program(log, vmsd, "--data", f"{folder}/data", *SETTINGS)

        def sign_in_again(evidence, ready):
            evidence.stage.admin = Client(ready["http"])
            evidence.stage.admin.session = evidence.stage.admin.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})

        with Program(log, watchrig, "rig", rig_file) as rig, server() as running:
            admin = Client(running.ready["http"]).initialise()
            yard = admin.add_camera("Yard", rig.ready["devices"][1]["streams"]["main"]["url"])
            admin.call("PUT", f"/api/v1/channels/{yard}/recording", {"plan": "continuous", "stream": "main"})
            stage = Stage(judge, admin, rig, running.ready["rtsp"].rstrip("/"), folder)
            evidence = Evidence(stage, yard, checker)
            manifest = check_content(evidence)
            key = check_signature(evidence)
            check_forgeries(evidence, manifest, key)
            check_parts(evidence)
            check_refusals(evidence)
            check_traces(evidence)
            admin.call("PATCH", "/api/v1/settings/exports", {"megabits_per_second": 1})
        with server() as running:
            sign_in_again(evidence, running.ready)
            exports = check_pauses(evidence)
        with server() as running:
            sign_in_again(evidence, running.ready)
            check_restart(evidence, exports)
    return judge.verdict()


if __name__ == "__main__":
    sys.exit(main())
