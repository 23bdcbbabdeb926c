#!/usr/bin/env python3
"""A host that has sent too many wrong ONVIF passwords goes on trying them by RTSP, where its right ones still open streams: each
counts, until the account is locked. The host is a network namespace of its own, since this machine itself is never locked.

usage: onvif_locked_source.py VMSD; 77: no namespace can be made.
"""
import sys
import tempfile

sys.dont_write_bytecode = True
from access_over_network import SERVER, SKIPPED, ClientHost, enter_namespace, port_of  # noqa: E402
from vmsd_client import PASSWORD, Client, Program  # noqa: E402

SOURCE = "10.77.0.2"
SECRET, WRONG = "Looks.on.3", "Looks.on.4"
OF_SOURCE, OF_ACCOUNT = 3, 6  # wrong passwords until it is locked
# One DESCRIBE with a Digest (RFC 2069), as players send it; prints the status.
READER = """
import hashlib, re, socket, sys
server, port, source, name, password = sys.argv[1:]
url = f"rtsp://{server}:{port}/live/Gate"
md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
def ask(client, number, more=""):
    client.sendall(f"DESCRIBE {url} RTSP/1.0\\r\\nCSeq: {number}\\r\\n{more}\\r\\n".encode())
    answer = b""
    while b"\\r\\n\\r\\n" not in answer:
        part = client.recv(4096)
        if not part:
            break
        answer += part
    return answer.decode()
with socket.create_connection((server, int(port)), 20, (source, 0)) as client:
    client.settimeout(20)
    challenge = next(line for line in ask(client, 1).splitlines() if line.startswith("WWW-Authenticate: Digest") and "SHA-256" not in line)
    realm, nonce = (re.search(part + '="([^"]*)"', challenge).group(1) for part in ("realm", "nonce"))
    response = md5(f"{md5(f'{name}:{realm}:{password}')}:{nonce}:{md5(f'DESCRIBE:{url}')}")
    header = f'Authorization: Digest username="{name}", realm="{realm}", nonce="{nonce}", uri="{url}", response="{response}"'
    print(ask(client, 2, header + "\\r\\n").split()[1])
"""


class Judge:
    def __init__(self, host, admin, rtsp):
        self.host, self.admin, self.rtsp, self.wrong = host, admin, rtsp, []

    def read(self, password):
        """The status of a stream that there is not: 404 for who may ask."""
        return self.host.run(sys.executable, "-c", READER, SERVER, str(self.rtsp), SOURCE, "eye", password)

    def expect(self, what, found, expected):
        if found != expected:
            self.wrong.append(f"{what}: {found}, not {expected}")

    def locked(self):
        lists = self.admin.call("GET", "/api/v1/lockouts")
        return [[entry["name"] for entry in lists[kind]] for kind in ("accounts", "sources")]


def check(judge):
    judge.expect("the right password at first", judge.read(SECRET), "404")
    for _ in range(OF_SOURCE):
        judge.expect("a wrong password", judge.read(WRONG), "401")
    judge.expect("what is locked after as many as a source has", judge.locked(), [[], [SOURCE]])
    for _ in range(OF_ACCOUNT - OF_SOURCE):
        judge.expect("a wrong password of a locked source", judge.read(WRONG), "401")
    judge.expect("what is locked after as many as an account has", judge.locked(), [["onvif:eye"], [SOURCE]])
    judge.expect("the right password of a locked account", judge.read(SECRET), "401")
    events = judge.admin.call("GET", "/api/v1/events?since=0&limit=1000")["events"]
    told = [event for event in events if event["type"] in ("onvif.refused", "onvif.locked")]
    judge.expect("events about it", len(told), OF_ACCOUNT)
    judge.expect("where they say it came from", {event["source"] for event in told}, {SOURCE})


def main():
    if not enter_namespace():
        print("skipped: no network namespace with a virtual cable can be made here (unshare, ip link add type veth)")
        return SKIPPED
    host = ClientHost()
    try:
        with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
            # On all addresses of IPv6, by which hosts of IPv4 come under longer names.
            options = ("--set", "http.port=0", "--set", "rtsp.port=0", "--set", "rtsp.address=::")
            with Program(log, sys.argv[1], "--data", f"{folder}/data", *options) as vmsd:
                admin = Client(vmsd.ready["http"]).initialise()
                admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
                admin.call("POST", "/api/v1/onvif/users", {"name": "eye", "group": "user", "password": SECRET, "password_again": SECRET})
                admin.call("PUT", "/api/v1/services/onvif", {"enabled": True})
                admin.call("PATCH", "/api/v1/settings/lock.sources", {"attempts": OF_SOURCE})
                admin.call("PATCH", "/api/v1/settings/lock.accounts", {"attempts": OF_ACCOUNT})
                judge = Judge(host, admin, port_of(vmsd.ready["rtsp"]))
                check(judge)
    finally:
        host.close()
    for line in judge.wrong:
        print(f"FAILED: {line}")
    print(f"{len(judge.wrong)} wrong")
    return 1 if judge.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
