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
import urllib.error
import urllib.parse
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

    def ask(self, token=None, **query):
        """Status, and what was answered in place of the file."""
        address = f"{self.stage.admin.base_url}/api/v1/recordings/export.zip?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token or self.stage.admin.session['token']}"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                self.file.write_bytes(answer.read())
                return answer.status, ""
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def take(self, **query):
        status, told = self.ask(**query)
        if status != 200:
            raise SystemExit(f"FAILED: the export of {query}: {status} {told}")
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
    manifest, names = evidence.take(channels=f"Gate,{evidence.yard}", **{"from": first, "to": last}, reason=REASON)
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
    gate = {"channels": "Gate"} | period
    month = 31 * 24 * 3600
    wrong = [(400, "channels", period), (400, "channels", gate | {"channels": ",".join(["c1"] * 65)}), (404, "channels", gate | {"channels": "Gate,Attic"}),
             (400, "from", {"channels": "Gate", "to": period["to"]}), (400, "to", gate | {"to": period["from"]}),
             (400, "to", gate | {"to": utc(stage.begin + month + 1)}), (400, "stream", gate | {"stream": "third"}), (400, "reason", gate | {"reason": "r" * 256}),
             (404, None, gate | {"from": "2001-01-01T00:00:00Z", "to": "2001-01-02T00:00:00Z"}), (404, None, gate | {"stream": "sub"})]
    for status, field, query in wrong:
        found, told = evidence.ask(**query)
        judge.expect((found, json.loads(told)["error"].get("field")) == (status, field), f"{status} {field}: {found} {told}")
    for query in (gate | {"reason": "r" * 255}, gate | {"to": utc(stage.begin + month - 1)}):
        judge.expect(evidence.ask(**query)[0] == 200, f"at the edge: {query}")
    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    for name, right, expected in (("ann", "download", 200), ("bob", "playback", 403)):
        admin.call("POST", "/api/v1/groups", {"name": f"of.{name}", "authorities": {right: True}})
        admin.call("POST", "/api/v1/users", {"name": name, "group": f"of.{name}", "password": PASSWORD, "password_again": PASSWORD})
        session = Client(admin.base_url).call("POST", "/api/v1/sessions", {"username": name, "password": PASSWORD})
        status, told = evidence.ask(token=session["token"], **gate)
        judge.expect(status == expected, f"one who may {right}: {status} {told}")


def check_traces(evidence):
    """Who has taken it away is in the log; nothing stays on the disk."""
    events = evidence.stage.admin.call("GET", "/api/v1/events?since=0&limit=1000")["events"]
    told = [event for event in events if event["type"] == "recording.exported"]
    of_both = {event["channel"] for event in told if event["data"]["reason"] == REASON}
    evidence.judge.expect(of_both == {evidence.stage.channel, evidence.yard}, f"events: {told[:2]}")
    left = list((evidence.stage.folder / "data/exports").iterdir())
    evidence.judge.expect(not left, f"left behind: {left}")


def main():
    vmsd, watchrig, checker = sys.argv[1:]
    if not shutil.which("ffmpeg") or not shutil.which("openssl"):
        print("skipped: there is no ffmpeg, or no openssl; ./tools/setup.sh installs both")
        return SKIPPED
    judge = Judge()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        rig_file = pathlib.Path(folder, "rig.xml")
        rig_file.write_text(RIG)
        with Program(log, watchrig, "rig", rig_file) as rig, Program(log, vmsd, "--data", f"{folder}/data", *SETTINGS) as server:
            admin = Client(server.ready["http"]).initialise()
            yard = admin.add_camera("Yard", rig.ready["devices"][1]["streams"]["main"]["url"])
            admin.call("PUT", f"/api/v1/channels/{yard}/recording", {"plan": "continuous", "stream": "main"})
            stage = Stage(judge, admin, rig, server.ready["rtsp"].rstrip("/"), folder)
            evidence = Evidence(stage, yard, checker)
            manifest = check_content(evidence)
            key = check_signature(evidence)
            check_forgeries(evidence, manifest, key)
            check_refusals(evidence)
            check_traces(evidence)
    return judge.verdict()


if __name__ == "__main__":
    sys.exit(main())
