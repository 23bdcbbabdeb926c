#!/usr/bin/env python3
"""The name of a request follows what central tells and asks storage because of it, in the trace and in its file. usage: message_trace.py VMSD"""
import http.client
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PATIENCE, Client, Program  # noqa: E402


def ask(client, method, path, name, body=None):
    """Status, the request's name in the answer, and the answer."""
    address = urllib.parse.urlparse(client.base_url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {client.session['token']}", "Content-Type": "application/json"}
    if name is not None:
        headers["X-Request-Id"] = name
    connection.request(method, path, json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, answer.getheader("X-Request-Id"), json.loads(text) if text else None


def traced(client, **query):
    return client.call("GET", "/api/v1/trace?" + urllib.parse.urlencode(query))["messages"]


def main():
    wrong = []

    def expect(what, found, expected):
        if found != expected:
            wrong.append(f"{what}: {found!r}, not {expected!r}")

    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        with Program(log, sys.argv[1], "--data", f"{folder}/data", "--set", "http.port=0", "--set", "rtsp.port=0",
                     "--set", f"trace.file={folder}/trace") as vmsd:
            client = Client(vmsd.ready["http"]).initialise()
            device = {"name": "Gate", "driver": "rtsp", "streams": {"main": "rtsp://127.0.0.1:1/x"},
                      "username": "viewer", "password": "Hidden.26"}
            status, name, added = ask(client, "POST", "/api/v1/devices", "gate-is-added", device)
            expect("the answer", (status, name), (201, "gate-is-added"))
            found = traced(client, correlation="gate-is-added")
            expect("messages", [(m["name"], m["from"], m["to"], m["outcome"]) for m in found],
                   [("link_nvr_pu", "central", "storage", "sent"), ("link_nvr_pu_result", "storage", "central", "sent")])
            expect("its device", found[0]["body"]["device"] if found else None, added["id"])
            entries = client.call("GET", "/api/v1/logs/operation?correlation=gate-is-added")["entries"]
            expect("its entry in the log", [(e["type"], e["data"]["device"], e["correlation"]) for e in entries],
                   [("device.added", added["id"], "gate-is-added")])
            expect("no secret", "Hidden.26" in json.dumps(traced(client)), False)
            expect("by name", len(traced(client, name="link_nvr_pu")), 1)
            expect("after the last", traced(client, correlation="gate-is-added", after=found[-1]["number"]) if found else None, [])
            for bad in (None, "", "a b", "x" * 65):
                given = ask(client, "GET", "/api/v1/system", bad)[1]
                expect(f"a name in place of {bad!r}", len(given) == 16 and given != bad, True)
            plan = {"plan": "none", "stream": "main"}
            expect("a plan", ask(client, "PUT", f"/api/v1/channels/{added['channels'][0]['id']}/recording", "a-plan", plan)[0], 200)
            expect("its messages", [m["name"] for m in traced(client, correlation="a-plan")],
                   ["set_nvr_record_strategy", "set_nvr_record_strategy_result"])
            channel = added["channels"][0]["id"]
            path = f"/api/v1/channels/{channel}"
            expect("a query", ask(client, "GET", f"{path}/spans", "what-is-there")[::2], (200, {"spans": []}))
            found = traced(client, correlation="what-is-there")
            expect("its messages", [(m["name"], m["from"], m["to"], m["outcome"]) for m in found],
                   [("nvr_playback_query", "cu", "central", "sent"), ("nvr_playback_query", "central", "storage", "sent"),
                    ("nvr_record_list", "storage", "central", "sent"), ("nvr_record_list", "central", "cu", "sent")])
            expect("who asks", found[0]["body"] if found else None, {"channel": channel, "account": "admin", "source": "127.0.0.1"})
            expect("their bodies", [m["body"].get(name) for m, name in zip(found[1:], ("stream", "records"))], ["main", []])
            period = "from=2001-01-01T00:00:00Z&to=2001-01-01T01:00:00Z"
            status, _, refused = ask(client, "GET", f"{path}/export.mp4?{period}", "take-it-away")
            expect("nothing to take away", (status, refused["error"]["code"]), (404, "not_found"))
            found = traced(client, correlation="take-it-away")
            expect("its messages", [m["name"] for m in found], 2 * ["nvr_download_record"] + 2 * ["nvr_download_record_result"])
            expect("its result", [m["outcome"] for m in found][2:], 2 * ["failed: " + refused["error"]["message"]])
            expect("a bad period", ask(client, "GET", f"{path}/spans?from=x", "no-period")[0], 400)
            expect("asks central alone", [(m["from"], m["to"]) for m in traced(client, correlation="no-period")], [("cu", "central"), ("central", "cu")])
            expect("a head", ask(client, "POST", f"{path}/ptz/move", "turn", {"pan": 1})[0] >= 300, True)
            expect("is asked for by", [(m["name"], m["from"], m["body"].get("command")) for m in traced(client, correlation="turn")][:1],
                   [("ptz_control", "cu", "move")])
            expect("who steers", ask(client, "PUT", f"{path}/ptz/operator", "steer")[0] != 404, True)
            expect("is no command to a head", traced(client, correlation="steer"), [])
            expect("removal", ask(client, "DELETE", f"/api/v1/devices/{added['id']}", "it-goes")[0], 204)
            expect("its messages", [m["name"] for m in traced(client, correlation="it-goes")], ["unlink_nvr_pu", "channel_state", "unlink_nvr_pu_result"])
            text = pathlib.Path(folder, "trace").read_text(encoding="utf-8")
            lines = [json.loads(line) for line in text.splitlines()]
            for request in ("gate-is-added", "a-plan", "what-is-there", "take-it-away", "it-goes"):
                expect(f"{request} in the file", [m for m in lines if m["correlation"] == request], traced(client, correlation=request))
            expect("no secret in the file", "Hidden.26" in text, False)
            expect("limit", ask(client, "GET", "/api/v1/trace?limit=1001", None)[0], 400)
        refused = subprocess.run([sys.argv[1], "--data", f"{folder}/other", "--set", f"trace.file={folder}/none/trace"],
                                 capture_output=True, text=True, timeout=PATIENCE)
        expect("a file that cannot be written", (refused.returncode, "trace.file" in refused.stderr), (1, True))
    for line in wrong:
        print(f"FAILED: {line}")
    print(f"{len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
