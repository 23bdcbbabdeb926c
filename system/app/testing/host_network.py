#!/usr/bin/env python3
"""Has vmsd set up the cards of a network namespace of its own, and looks with iproute2 at what has become of them.

udhcpd is the DHCP server at the other end of the cables. Exit 77 where namespaces are not permitted.
usage: host_network.py VMSD
"""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from namespaces import permitted, run  # noqa: E402
from vmsd_client import PATIENCE, Client, Program, Refused  # noqa: E402

NEAR, FAR = f"wr{os.getpid()}", f"wr{os.getpid()}far"
CARDS = ["lan1", "lan2", "lan3", "lan4"]
SKIPPED = 77
failures = []


def ip(*words):
    return json.loads(run("ip", "-n", NEAR, "-j", *words) or "[]")


def expect(what, found, expected):
    if found != expected:
        failures.append(f"{what}: {found!r}, not {expected!r}")


@contextlib.contextmanager
def cables():
    """Two namespaces with a cable from each card of the one to a port of the other."""
    try:
        for name in (NEAR, FAR):
            run("ip", "netns", "add", name)
        for card in CARDS:
            run("ip", "-n", NEAR, "link", "add", card, "type", "veth", "peer", "name", f"port{card[-1]}", "netns", FAR)
            run("ip", "-n", FAR, "link", "set", f"port{card[-1]}", "up")
        yield
    finally:
        for name in (NEAR, FAR):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def addresses(card):
    return [f"{a['local']}/{a['prefixlen']}" for a in ip("-4", "address", "show", "dev", card)[0]["addr_info"]]


def routes():
    return {(r["dst"], r.get("gateway"), r["dev"]) for r in ip("-4", "route") if r.get("protocol") != "kernel"}


def refused(client, method, path, body=None):
    """Status, code and field of the refusal; status 200 and the answer when there was none."""
    try:
        return 200, "", client.call(method, path, body)
    except Refused as error:
        told = json.loads(str(error).split(": ", 1)[1].split(" ", 1)[1])["error"]
        return error.status, told["code"], told.get("field", "")


def static(address, gateway="", **more):
    return {"method": "static", "address": address, "mask": "255.255.255.0", "gateway": gateway, **more}


def check_cards(client):
    card = "/api/v1/network/cards/lan1"
    before = addresses("lan1")
    for body, field in [(static("10.1.1.0"), "address"), (static("10.1.1.256"), "address"), (static("10.1.1.2; reboot"), "address"),
                        (static("10.1.1.2", "10.1.2.1"), "gateway"), ({**static("10.1.1.2"), "mask": "255.0.255.0"}, "mask"),
                        (static("10.1.1.2", mtu=1499), "mtu"), (static("10.1.1.2", mtu=7201), "mtu"), (static("10.1.1.2", mtu=500), "mtu"),
                        ({"method": "magic"}, "method"), (static("10.1.1.2", metric=1), "metric")]:
        expect(f"{body}", refused(client, "PUT", card, body), (400, "invalid", field))
    expect("an unknown card", refused(client, "PUT", "/api/v1/network/cards/--help", static("10.1.1.2"))[0], 404)
    expect("after refusals", addresses("lan1"), before)
    client.call("PUT", card, static("10.1.1.2", "10.1.1.1"))
    client.call("PUT", "/api/v1/network/cards/lan2", static("10.2.2.2", "10.2.2.1"))
    expect("static", addresses("lan1"), ["10.1.1.2/24"])
    expect("gateways", {r for r in routes() if r[0] == "default"}, {("default", "10.1.1.1", "lan1"), ("default", "10.2.2.1", "lan2")})
    run("ip", "netns", "exec", FAR, "ip", "address", "add", "10.1.1.1/24", "dev", "port1")
    run("ip", "netns", "exec", NEAR, "ping", "-c", "1", "-W", "5", "10.1.1.1") if shutil.which("ping") else None
    expect("an address that lan1 has", refused(client, "PUT", "/api/v1/network/cards/lan2", static("10.1.1.2")), (409, "conflict", "address"))


def check_mtu(client):
    card = "/api/v1/network/cards/lan1"
    expect("without a word about the restart", refused(client, "PUT", card, static("10.1.1.2", "10.1.1.1", mtu=7200)),
           (409, "confirmation_needed", "restart_accepted"))
    expect("MTU before", ip("link", "show", "lan1")[0]["mtu"], 1500)
    for mtu in (7200, 1500):
        client.call("PUT", card, static("10.1.1.2", "10.1.1.1", mtu=mtu, restart_accepted=True))
        expect("MTU", ip("link", "show", "lan1")[0]["mtu"], mtu)
        expect("its gateway", ("default", "10.1.1.1", "lan1") in routes(), True)


def default_card():
    return min((r for r in ip("-4", "route", "show", "default")), key=lambda r: r.get("metric", 0))["dev"]


def check_default_card(client):
    expect("default", default_card(), "lan1")
    client.call("PUT", "/api/v1/network/default-card", {"card": "lan2"})
    expect("default", default_card(), "lan2")
    client.call("PUT", "/api/v1/network/default-card", {"card": "lan1"})
    run("ip", "-n", FAR, "link", "set", "port2", "down")
    expect("an unplugged card", refused(client, "PUT", "/api/v1/network/default-card", {"card": "lan2"}), (409, "conflict", "card"))
    shown = {card["name"]: card["online"] for card in client.call("GET", "/api/v1/network")["cards"]}
    expect("online", (shown["lan1"], shown["lan2"]), (True, False))
    expect("default", default_card(), "lan1")
    run("ip", "-n", FAR, "link", "set", "port2", "up")


def check_routes(client):
    def asked(**body):
        return refused(client, "POST", "/api/v1/network/routes",
                       {"destination": "10.9.0.0", "mask": "255.255.0.0", "gateway": "10.1.1.3", "card": "lan1", **body})
    expect("bits outside of the mask", asked(destination="10.9.0.1"), (400, "invalid", "destination"))
    expect("a foreign gateway", asked(gateway="10.3.3.3"), (400, "invalid", "gateway"))
    expect("the default route", asked(destination="0.0.0.0", mask="0.0.0.0"), (400, "invalid", "mask"))
    expect("a card that is none", asked(card="lan9"), (404, "not_found", "card"))
    expect("a route", asked()[0], 200)
    expect("the same again", asked(), (409, "conflict", "destination"))
    expect("the route", ("10.9.0.0/16", "10.1.1.3", "lan1") in routes(), True)
    told = client.call("GET", "/api/v1/logs/operation?type=network.changed&sort=-time&limit=1")["entries"][0]["data"]
    expect("what the log says of it", ([r["destination"] for r in told["after"].get("routes", [])], told["before"].get("routes")), (["10.9.0.0"], []))


def check_name_servers(client, resolver):
    path = "/api/v1/network/name-servers"
    expect("none", refused(client, "PUT", path, {"automatic": False}), (400, "invalid", "preferred"))
    expect("twice", refused(client, "PUT", path, {"preferred": "9.9.9.9", "alternate": "9.9.9.9"}), (400, "invalid", "alternate"))
    told = client.call("PUT", path, {"automatic": False, "preferred": "9.9.9.9", "alternate": "1.1.1.1"})
    expect("in use", told["name_servers"]["in_use"], ["9.9.9.9", "1.1.1.1"])
    expect("the resolver's file", [line for line in resolver.read_text().splitlines() if line.startswith("nameserver")],
           ["nameserver 9.9.9.9", "nameserver 1.1.1.1"])
    client.call("PUT", path, {"automatic": True})


@contextlib.contextmanager
def dhcp_server(folder):
    """A DHCP server at the other end of lan3's cable."""
    run("ip", "netns", "exec", FAR, "ip", "address", "add", "10.3.3.1/24", "dev", "port3")
    settings = folder / "udhcpd.conf"
    settings.write_text("start 10.3.3.20\nend 10.3.3.20\ninterface port3\nmax_leases 1\n"
                        f"lease_file {folder}/leases\npidfile {folder}/udhcpd.pid\noption subnet 255.255.255.0\n"
                        "option router 10.3.3.1\noption dns 10.3.3.2\noption lease 600\n")
    (folder / "leases").write_text("")
    server = subprocess.Popen(["ip", "netns", "exec", FAR, "udhcpd", "-f", settings], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        server.terminate()
        server.wait(PATIENCE)


def check_late_dhcp(folder, log, settings):
    """The DHCP server is away when vmsd starts, and comes back."""
    with cables(), serve(folder, log, *settings, clock=("--clock", "scale=20")):
        expect("without a DHCP server", [link["addr_info"] for link in ip("-4", "address", "show", "dev", "lan3") if link.get("addr_info")], [])
        monitor = subprocess.Popen(["ip", "-n", NEAR, "-o", "-4", "monitor", "address"], stdout=subprocess.PIPE, text=True)
        deadline = threading.Timer(PATIENCE, monitor.kill)
        deadline.start()
        with dhcp_server(folder):
            for line in monitor.stdout:
                if "lan3" in line and "10.3.3.20" in line:
                    break
            deadline.cancel()
            monitor.kill()
            monitor.wait(PATIENCE)
        expect("after it has come", addresses("lan3"), ["10.3.3.20/24"])


def check_dhcp(client, folder, resolver):
    path = "/api/v1/network/cards/lan3"
    before = addresses("lan3")
    expect("nobody answers", refused(client, "PUT", path, {"method": "dhcp"})[:2], (503, "unavailable"))
    expect("still", addresses("lan3"), before)
    with dhcp_server(folder):
        client.call("PUT", path, {"method": "dhcp"})
    info = ip("-4", "address", "show", "dev", "lan3")[0]["addr_info"]
    expect("leased", [a["local"] for a in info], ["10.3.3.20"])
    expect("the lease ends", 0 < info[0]["valid_life_time"] <= 600, True)
    expect("its gateway", ("default", "10.3.3.1", "lan3") in routes(), True)
    expect("its name server", "nameserver 10.3.3.2" in resolver.read_text(), True)
    client.call("PUT", path, static("10.3.3.9"))
    expect("static again", addresses("lan3"), ["10.3.3.9/24"])


def ssh_banner():
    """What answers at port 2222 of the cards; nothing when nobody does."""
    asked = subprocess.run(["ip", "netns", "exec", NEAR, sys.executable, "-c", "import socket; "
                            "print(socket.create_connection(('10.1.1.2', 2222), 5).recv(7).decode())"],
                           capture_output=True, text=True, timeout=PATIENCE, check=False)
    return asked.stdout.strip()


def check_ssh(client):
    run("ip", "-n", NEAR, "link", "set", "lo", "up")
    expect("SSH when new", (client.call("GET", "/api/v1/services")["services"][0]["enabled"], ssh_banner()), (False, ""))
    expect("no word", refused(client, "PUT", "/api/v1/services/ssh", {}), (400, "invalid", "enabled"))
    if not shutil.which("sshd"):
        print("note: there is no sshd; not switched on")
        return
    client.call("PUT", "/api/v1/services/ssh", {"enabled": True})
    expect("SSH on", ssh_banner(), "SSH-2.0")
    client.call("PUT", "/api/v1/services/ssh", {"enabled": False})
    expect("SSH off", ssh_banner(), "")
    client.call("PUT", "/api/v1/services/ssh", {"enabled": True})


def check_bond(client):
    """Where the kernel has no bonding, everything is as it was before."""
    path, body = "/api/v1/network/bonds", {"name": "bond0", "mode": "active-backup", "cards": ["lan1", "lan2"]}
    expect("unconfirmed", refused(client, "POST", path, body), (409, "confirmation_needed", "confirmed"))
    before = addresses("lan1"), addresses("lan2"), routes()
    status, code, _ = refused(client, "POST", path, {**body, "confirmed": True})
    if status == 503:
        print(f"note: this kernel has no bonding ({code}); only that nothing has changed was checked")
        expect("after a bond that failed", (addresses("lan1"), addresses("lan2"), routes()), before)
        return
    expect("bonded", addresses("bond0"), ["10.1.1.2/24"])
    run("ip", "-n", FAR, "link", "set", "port1", "down")
    expect("one cable left", client.call("GET", "/api/v1/network")["default_card"], "bond0")
    run("ip", "-n", FAR, "link", "set", "port1", "up")
    client.call("DELETE", f"{path}/bond0?confirmed=true")
    expect("split", (addresses("lan1"), addresses("lan2")), (["10.1.1.2/24"], ["192.168.2.108/24"]))


def check_read_only(client):
    shown = client.call("GET", "/api/v1/network")
    expect("changeable", shown["changeable"], False)
    expect("cards", {card["name"] for card in shown["cards"]} <= set(os.listdir("/sys/class/net")), True)
    expect("read-only", refused(client, "PUT", "/api/v1/network/cards/eth0", static("10.1.1.2"))[:2], (403, "read_only"))


def serve(folder, log, *settings, clock=()):
    words = [word for setting in ("http.port=0", "rtsp.port=0", *settings) for word in ("--set", setting)] + list(clock)
    return Program(log, sys.argv[1], "--data", folder / "data", *words)


def check_namespace(folder, log):
    resolver = folder / "resolv.conf"
    settings = ("host.network=iproute2", f"host.namespace={NEAR}", f"host.resolver={resolver}",
                "host.ssh=sshd", "host.ssh_port=2222")
    with cables():
        with serve(folder, log, *settings) as vmsd:
            for number, card in enumerate(CARDS, 1):
                expect("when new", addresses(card), [f"192.168.{number}.108/24"])
            client = Client(vmsd.ready["http"]).initialise()
            check_cards(client)
            check_mtu(client)
            check_default_card(client)
            check_routes(client)
            check_name_servers(client, resolver)
            check_dhcp(client, folder, resolver)
            check_ssh(client)
            check_bond(client)
            before = [addresses(card) for card in CARDS], routes()
    with cables():
        expect("SSH ends with the server", subprocess.run(["pgrep", "-f", str(folder)], capture_output=True, check=False).stdout, b"")
        with serve(folder, log, *settings) as vmsd:
            expect("set again after a restart of the machine", ([addresses(card) for card in CARDS], routes()), before)
            client = Client(vmsd.ready["http"])
            client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": "Watchrig.26"})
            client.call("DELETE", "/api/v1/network/routes/lan1/10.9.0.0-16")
            expect("the route", ("10.9.0.0/16", "10.1.1.3", "lan1") in routes(), False)
            with dhcp_server(folder):
                client.call("PUT", "/api/v1/network/cards/lan3", {"method": "dhcp"})
    check_late_dhcp(folder, log, settings)


def main():
    if not permitted() or not all(shutil.which(program) for program in ("udhcpc", "udhcpd")):
        print("skipped: needs iproute2, udhcpc, udhcpd and the right to make network namespaces")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        folder = pathlib.Path(folder)
        with Program(log, sys.argv[1], "--data", folder / "plain", "--set", "http.port=0", "--set", "rtsp.port=0") as vmsd:
            check_read_only(Client(vmsd.ready["http"]).initialise())
        check_namespace(folder, log)
        if failures:
            log.seek(0)
            print(log.read())
    for line in failures:
        print(f"FAILED: {line}")
    print(f"{len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
