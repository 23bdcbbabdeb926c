#!/usr/bin/env python3
"""The access filter of vmsd against a client in a network namespace of its own, behind a virtual cable: addresses of IPv4 and
IPv6, ranges and the network card, for HTTP, HTTPS and RTSP. usage: access_over_network.py VMSD; 77: no namespace can be made.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PATIENCE, Client, Program  # noqa: E402

SKIPPED = 77
SERVER, SERVER6 = "10.77.0.1", "fd00:77::1"
CARD, OTHER_CARD = "52:54:00:77:00:02", "52:54:00:77:00:09"
# Connects from an address, sends nothing, and says whether the server keeps the connection open (or how it refused it).
PROBE = """
import socket, sys
server, port, source = sys.argv[1], int(sys.argv[2]), sys.argv[3]
try:
    with socket.create_connection((server, port), 20, (source, 0)) as client:
        client.settimeout(0.7)
        try:
            print("closed" if client.recv(1) == b"" else "answered")
        except TimeoutError:
            print("open")
except OSError as error:
    print("closed")
"""


def run(*command, check=True):
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=check).stdout.strip()


def enter_namespace():
    """Runs this program once more in a namespace that ends with it."""
    if os.environ.get("WATCHRIG_ALONE"):
        return True
    if subprocess.run(["unshare", "--map-root-user", "--net", "ip", "link", "add", "w0", "type", "veth", "peer", "name", "w1"],
                      capture_output=True, check=False).returncode:
        return False
    os.execvpe("unshare", ["unshare", "--map-root-user", "--net", sys.executable, *sys.argv], {**os.environ, "WATCHRIG_ALONE": "1"})


class ClientHost:
    """Another host at the end of a cable, with several addresses."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo ready; exec sleep 1000"], stdout=subprocess.PIPE, text=True)
        self.holder.stdout.readline()
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "w0", "type", "veth", "peer", "name", "w1", "address", CARD, "netns", str(self.holder.pid))
        for address in (f"{SERVER}/24", f"{SERVER6}/64"):
            run("ip", "address", "add", address, "dev", "w0", *(["nodad"] if ":" in address else []))
        run("ip", "link", "set", "w0", "up")
        for address in ("10.77.0.2/24", "10.77.0.3/24", "10.77.0.4/24", "10.77.0.5/24", "fd00:77::2/64", "fd00:77::3/64"):
            self.run("ip", "address", "add", address, "dev", "w1", *(["nodad"] if ":" in address else []))
        self.run("ip", "link", "set", "w1", "up")

    def run(self, *command):
        return run("nsenter", "--net", "--target", str(self.holder.pid), *command)

    def probe(self, port, source):
        return self.run(sys.executable, "-c", PROBE, SERVER6 if ":" in source else SERVER, str(port), source)

    def change_card(self, address):
        self.run("ip", "link", "set", "w1", "down")
        self.run("ip", "link", "set", "w1", "address", address)
        self.run("ip", "link", "set", "w1", "up")
        for address6 in ("fd00:77::2/64", "fd00:77::3/64"):  # gone with the link
            self.run("ip", "address", "replace", address6, "dev", "w1", "nodad")
        run("ip", "neighbour", "flush", "dev", "w0")

    def close(self):
        self.holder.kill()
        self.holder.wait()


def port_of(url):
    return int(url.rsplit(":", 1)[1])


class Judge:
    def __init__(self, host, ports):
        self.host, self.ports, self.asked, self.wrong = host, ports, 0, []

    def expect(self, when, admitted, refused):
        for name, port in self.ports.items():
            for source, wanted in [(a, "open") for a in admitted] + [(r, "closed") for r in refused]:
                self.asked += 1
                found = self.host.probe(port, source)
                if found != wanted:
                    self.wrong.append(f"{when}: {name} from {source} is {found}, not {wanted}")


def entry(admin, **fields):
    return admin.call("POST", "/api/v1/access-filter/entries", fields)["id"]


def mode(admin, name):
    admin.call("PUT", "/api/v1/access-filter", {"mode": name})


def check_modes(admin, host, judge):
    v4, v6 = ["10.77.0.2", "10.77.0.3", "10.77.0.4", "10.77.0.5"], ["fd00:77::2", "fd00:77::3"]
    entry(admin, list="reject", first=v4[0])
    entry(admin, list="reject", first=v4[2], last=v4[3])
    entry(admin, list="reject", first=v6[0])
    judge.expect("allow_all", [v4[0], v6[0]], [])
    mode(admin, "reject_list")
    judge.expect("reject_list", [v4[1], v6[1]], [v4[0], v4[2], v4[3], v6[0]])
    by_card = entry(admin, list="reject", mac=CARD)
    judge.expect("the network card rejected", [], [v4[1], v6[1]])
    host.change_card(OTHER_CARD)
    judge.expect("another network card", [v4[1], v6[1]], [v4[0]])
    admin.call("DELETE", f"/api/v1/access-filter/entries/{by_card}")
    entry(admin, list="allow", first=v4[1])
    entry(admin, list="allow", mac=CARD)
    mode(admin, "allow_list")
    judge.expect("allow_list", [v4[1]], [v4[0], v4[2], *v6])
    host.change_card(CARD)
    judge.expect("the network card allowed", [v4[0], v4[1], *v6], [])
    mode(admin, "allow_all")


def check_own_address(server, admin):
    """IVSS 8.6.1.1.1: a certificate of an address that the server has lost is shown as such."""
    made = admin.call("POST", "/api/v1/certificates", {"country": "DE", "address": SERVER, "valid_days": 30})
    before = made["address_state"]
    run("ip", "address", "del", f"{SERVER}/24", "dev", "w0")
    after = admin.call("GET", "/api/v1/certificates")["certificates"][-1]["address_state"]
    return [] if (before, after) == ("matches", "differs") else [f"{server}: the certificate's address {before}, then {after}"]


def check(vmsd, host):
    admin = Client(f"http://127.0.0.1:{port_of(vmsd.ready['http'])}").initialise()
    certificate = admin.call("POST", "/api/v1/certificates", {"country": "DE", "address": "127.0.0.1", "valid_days": 30})["id"]
    https = admin.call("PUT", "/api/v1/https", {"enabled": True, "certificate": certificate})
    ports = {"HTTP": port_of(vmsd.ready["http"]), "HTTPS": https["port"], "RTSP": port_of(vmsd.ready["rtsp"])}
    judge = Judge(host, ports)
    check_modes(admin, host, judge)
    judge.wrong += check_own_address("HTTPS", admin)
    return judge


def main():
    if not enter_namespace():
        print("skipped: no network namespace with a virtual cable can be made here (unshare, ip link add type veth)")
        return SKIPPED
    host = ClientHost()
    try:
        with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
            settings = [f"{part}.{name}" for part in ("http", "https", "rtsp") for name in ("port=0", "address=::")]
            options = [word for setting in settings for word in ("--set", setting)]
            with Program(log, sys.argv[1], "--data", f"{folder}/data", *options) as vmsd:
                judge = check(vmsd, host)
    finally:
        host.close()
    for line in judge.wrong:
        print(f"FAILED: {line}")
    print(f"{judge.asked} connections, {len(judge.wrong)} treated wrongly")
    return 1 if judge.wrong or judge.asked < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
