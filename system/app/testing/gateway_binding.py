#!/usr/bin/env python3
"""Somebody on the network says by ARP to be the gateway. What the machine then sends goes to them, as the frames on the cable show; with
the gateway bound to its MAC address it goes to the true one, which answers. Exit 77 where namespaces are not permitted.
usage: gateway_binding.py VMSD
"""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from namespaces import permitted, run  # noqa: E402
from vmsd_client import PATIENCE, Client, Program  # noqa: E402

NEAR, FAR = f"wg{os.getpid()}", f"wg{os.getpid()}far"
TRUE, FALSE = "02:00:00:00:00:01", "02:00:00:00:00:66"
PORT = 9999
SKIPPED = 77

# In the namespace of the gateway: claims its address for another MAC as often as it is told to, and tells to which MAC the next
# packet for PORT goes.
FAR_END = """
import socket, sys
mine, claimed, port = sys.argv[1:4]
listener = socket.create_server(("10.1.1.1", int(port)))
cable = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
cable.bind((mine, 0))
mac = bytes.fromhex(claimed.replace(":", ""))
address = socket.inet_aton("10.1.1.1")
everybody = b"\\xff" * 6
claim = everybody + mac + bytes.fromhex("08060001080006040002") + mac + address + mac + address
wanted = int(port).to_bytes(2, "big")
for order in sys.stdin:
    if order.strip() == "claim":
        cable.send(claim)
        print("claimed", flush=True)
        continue
    cable.setblocking(False)
    try:
        while cable.recv(2048):
            pass
    except BlockingIOError:
        cable.setblocking(True)
    print("watching", flush=True)
    while True:
        frame = cable.recv(2048)
        if frame[12:14] == b"\\x08\\x00" and frame[23] == 6 and frame[36:38] == wanted and frame[30:34] == address:
            print(frame[:6].hex(":"), flush=True)
            break
"""
KNOCK = f"import socket; print(socket.create_connection(('10.1.1.1', {PORT}), TIMEOUT).getpeername()[0])"


def expect(what, found, expected):
    if found != expected:
        raise SystemExit(f"FAILED: {what}: {found!r}, not {expected!r}")


@contextlib.contextmanager
def cable():
    try:
        for name in (NEAR, FAR):
            run("ip", "netns", "add", name)
        run("ip", "-n", NEAR, "link", "add", "lan1", "type", "veth", "peer", "name", "port1", "netns", FAR)
        run("ip", "-n", FAR, "link", "set", "port1", "address", TRUE)
        run("ip", "-n", FAR, "link", "set", "port1", "up")
        run("ip", "-n", FAR, "address", "add", "10.1.1.1/24", "dev", "port1")
        yield
    finally:
        for name in (NEAR, FAR):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def neighbour():
    """MAC address and states of the gateway in the kernel's table."""
    entry = json.loads(run("ip", "-n", NEAR, "-4", "-j", "neigh", "show", "10.1.1.1", "dev", "lan1"))[0]
    return entry.get("lladdr"), entry["state"]


class FarEnd:
    def __init__(self):
        self.process = subprocess.Popen(["ip", "netns", "exec", FAR, sys.executable, "-c", FAR_END, "port1", FALSE, str(PORT)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def claim(self):
        print("claim", file=self.process.stdin, flush=True)
        expect("the false claim", self.process.stdout.readline().strip(), "claimed")

    def receiver(self, patience):
        """To which MAC address the machine sends what is for its gateway, and whether that answers."""
        print("watch", file=self.process.stdin, flush=True)
        expect("the far end", self.process.stdout.readline().strip(), "watching")
        knocking = subprocess.Popen(["ip", "netns", "exec", NEAR, sys.executable, "-c", KNOCK.replace("TIMEOUT", str(patience))],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        mac = self.process.stdout.readline().strip()
        return mac, knocking.communicate(timeout=PATIENCE)[0].strip() == "10.1.1.1"

    def end(self):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(PATIENCE)


def check_unbound(far, client):
    expect("the gateway", far.receiver(PATIENCE), (TRUE, True))
    far.claim()
    expect("unbound, after a false claim", neighbour()[0], FALSE)
    expect("the gateway after a false claim", far.receiver(1), (FALSE, False))
    card = client.call("GET", "/api/v1/network")["cards"][0]
    expect("as vmsd shows it", (card["gateway_mac"], card["gateway_bound"]), (FALSE, False))


def check_bound(far):
    expect("bound", neighbour(), (TRUE, ["PERMANENT"]))
    far.claim()
    expect("bound, after a false claim", neighbour(), (TRUE, ["PERMANENT"]))
    expect("the bound gateway after a false claim", far.receiver(PATIENCE), (TRUE, True))


def check(folder, log):
    settings = ["http.port=0", "rtsp.port=0", "host.network=iproute2", f"host.namespace={NEAR}", f"host.resolver={folder}/resolv.conf"]
    command = [log, sys.argv[1], "--data", folder / "data", *(word for setting in settings for word in ("--set", setting))]
    binding = "/api/v1/network/cards/lan1/gateway-binding"
    with cable(), Program(*command) as vmsd:
        client = Client(vmsd.ready["http"]).initialise()
        client.call("PUT", "/api/v1/network/cards/lan1",
                    {"method": "static", "address": "10.1.1.2", "mask": "255.255.255.0", "gateway": "10.1.1.1"})
        far = FarEnd()
        check_unbound(far, client)
        card = client.call("PUT", binding, {"mac": TRUE.upper().replace(":", "-")})["cards"][0]
        expect("as vmsd shows it", (card["gateway_mac"], card["gateway_bound"]), (TRUE, True))
        check_bound(far)
        far.end()
    with cable(), Program(*command):  # the machine has started again and has forgotten everything
        far = FarEnd()
        check_bound(far)
        far.end()


def main():
    if not permitted():
        print("skipped: needs iproute2 and the right to make network namespaces")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        check(pathlib.Path(folder), log)
    print("a bound gateway keeps its place")
    return 0


if __name__ == "__main__":
    sys.exit(main())
