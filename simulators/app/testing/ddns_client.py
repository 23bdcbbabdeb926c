#!/usr/bin/env python3
"""inadyn, a DDNS client not written here, updates a name at the rig's DDNS server, and is refused with a wrong password.

usage: ddns_client.py WATCHRIG. Ends with 77 where there is no inadyn.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PATIENCE, Program  # noqa: E402

SKIPPED = 77
RIG = '<rig><ddns-server id="ddns" domain="gate.example.org" user="vms" password="Name.Pass-26"/></rig>'
CONFIGURATION = """
user-agent = inadyn
allow-ipv6 = false
custom rig {{
  ssl = false
  username = vms
  password = {password}
  hostname = gate.example.org
  checkip-server = 127.0.0.1:{port}
  checkip-path = /ip
  checkip-ssl = false
  ddns-server = 127.0.0.1:{port}
  ddns-path = "/nic/update?hostname=%h&myip=%i"
}}
"""


def update(folder, port, password):
    """What inadyn says of one update."""
    configuration = pathlib.Path(folder, "inadyn.conf")
    configuration.write_text(CONFIGURATION.format(port=port, password=password), encoding="utf-8")
    done = subprocess.run(["inadyn", "--once", "--foreground", "--force", "--config", configuration, "--cache-dir", folder,
                           "--pidfile", f"{folder}/pid"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.stdout + done.stderr


def main():
    if not shutil.which("inadyn"):
        print("skipped: inadyn is not installed (tools/setup.sh)")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder, "rig.xml")
        rig_file.write_text(RIG, encoding="utf-8")
        with Program(log, sys.argv[1], "rig", rig_file) as rig:
            port = rig.ready["devices"][0]["port"]
            good = update(folder, port, "Name.Pass-26")
            bad = update(folder, port, "Wrong.Pass-27")
            with urllib.request.urlopen(rig.ready["control"] + "/devices/ddns/ledger", timeout=PATIENCE) as answer:
                ledger = json.load(answer)
    said = [entry["answer"] for entry in ledger["updates"]]
    if said[:1] != ["good 203.0.113.7"] or "badauth" not in said[1:] or "Updating cache" not in good or "Authentication failure" not in bad:
        print(f"FAILED: {ledger}\n{good}\n{bad}")
        return 1
    print(f"inadyn was answered {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
