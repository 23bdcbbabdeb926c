#!/usr/bin/env python3
"""HTTPS of vmsd as OpenSSL, curl and Python see it: the three ways to a certificate, TLS versions, a change of certificate
without a restart, and live WebSocket events over TLS. usage: https_interop.py VMSD; 77: a program is missing.
"""
import base64
import contextlib
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program, Refused  # noqa: E402

SUBJECT = {"country": "DE", "address": "127.0.0.1", "organisation": "Example"}


def run(*command, ok=True, text=""):
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=PATIENCE)
    if ok and done.returncode != 0:
        raise SystemExit(f"FAILED: {' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def download(client, path, target):
    request = urllib.request.Request(client.base_url + path, headers={"Authorization": f"Bearer {client.session['token']}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        target.write_bytes(answer.read())
    return target


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def shown_serial(host, port, root):
    """The serial number of the certificate that a client of this root is shown now."""
    context = ssl.create_default_context(cafile=str(root))
    with socket.create_connection((host, port), PATIENCE) as plain, context.wrap_socket(plain, server_hostname=host) as tls:
        return tls.getpeercert()["serialNumber"].lower()


def own_authority(folder):
    """Another authority, made and kept by OpenSSL."""
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "other.key", "-out", folder / "other.crt",
        "-days", "30", "-subj", "/C=DE/O=Example/CN=Other root")
    return folder / "other.crt", folder / "other.key"


def three_ways(client, folder):
    """Ids of a certificate of each origin."""
    own = client.call("POST", "/api/v1/certificates", {"name": "own", "valid_days": 30, **SUBJECT})
    authority, key = own_authority(folder)
    asked = client.call("POST", "/api/v1/certificate-requests", {"name": "asked", **SUBJECT})
    request = download(client, f"/api/v1/certificates/{asked['id']}/request", folder / "asked.csr")
    described = run("openssl", "req", "-in", request, "-noout", "-verify", "-text")
    expect("IP Address:127.0.0.1" in described and "verify OK" in described, f"the request lacks its address: {described}")
    run("openssl", "x509", "-req", "-in", request, "-CA", authority, "-CAkey", key, "-CAcreateserial", "-days", "10",
        "-copy_extensions", "copy", "-out", folder / "asked.crt")
    answer = client.call("PUT", f"/api/v1/certificates/{asked['id']}/answer", {"certificate": (folder / "asked.crt").read_text()})
    expect(answer["status"] == "normal", f"the answered request is {answer['status']}")
    pairs = {}
    for name, kind in (("rsa", ["rsa:2048"]), ("foreign", ["rsa:2048"]), ("weak", ["rsa:1024"])):
        run("openssl", "req", "-x509", "-newkey", *kind, "-passout", "pass:k7Pw", "-keyout", folder / f"{name}.key", "-out",
            folder / f"{name}.crt", "-days", "10", "-subj", "/C=DE/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-addext", "basicConstraints=critical,CA:FALSE")
        pairs[name] = ((folder / f"{name}.crt").read_text(), (folder / f"{name}.key").read_text())
    for certificate, key_of, phrase in (("rsa", "foreign", "k7Pw"), ("rsa", "rsa", "wrong"), ("weak", "weak", "k7Pw")):
        with contextlib.suppress(Refused):
            client.call("POST", "/api/v1/installed-certificates",
                        {"certificate": pairs[certificate][0], "key": pairs[key_of][1], "passphrase": phrase})
            raise SystemExit(f"FAILED: the certificate {certificate} with the key {key_of} was taken")
    installed = client.call("POST", "/api/v1/installed-certificates",
                            {"name": "rsa", "certificate": pairs["rsa"][0], "key": pairs["rsa"][1], "passphrase": "k7Pw"})
    return own["id"], (asked["id"], authority), (installed["id"], folder / "rsa.crt")


def check_versions(address, root):
    for version, works in (("-tls1", False), ("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        told = run("openssl", "s_client", "-connect", address, "-CAfile", root, "-verify_return_error", "-verify_ip", "127.0.0.1",
                   "-cipher", "DEFAULT:@SECLEVEL=0", version, ok=False)
        verified = "Verify return code: 0 (ok)" in told and "Cipher is (NONE)" not in told
        expect(verified == works, f"openssl s_client {version}: {told[:2000]}")


def check_events(host, port, root, session):
    """A WebSocket over TLS delivers an event."""
    context = ssl.create_default_context(cafile=str(root))
    with socket.create_connection((host, port), PATIENCE) as plain, context.wrap_socket(plain, server_hostname=host) as tls:
        key = base64.b64encode(os.urandom(16)).decode()
        tls.sendall(f"GET /api/v1/events?since=0&access_token={session['token']} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
                    f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        received = b""
        while b"system.started" not in received:
            part = tls.recv(65536)
            expect(part, f"the event socket over TLS ended: {received[:300]}")
            received += part


def check(vmsd, folder):
    client = Client(vmsd.ready["http"]).initialise()
    expect("https" not in vmsd.ready, "HTTPS is on from the beginning")
    own, (asked, authority), (installed, itself) = three_ways(client, folder)
    root = download(client, "/api/v1/certificates/ca.crt", folder / "ca.crt")
    for certificate, trusted in ((own, root), (asked, authority), (installed, itself)):
        file = download(client, f"/api/v1/certificates/{certificate}/file", folder / "shown.crt")
        expect(": OK" in run("openssl", "verify", "-purpose", "sslserver", "-CAfile", trusted, "-partial_chain", file), "openssl verify")
        url = client.call("PUT", "/api/v1/https", {"enabled": True, "certificate": certificate})["url"]
        told = run("curl", "--silent", "--show-error", "--fail", "--cacert", trusted, url + "/healthz")
        expect('"ok"' in told, f"curl: {told}")
        run("curl", "--silent", "--fail", "--http1.1", url + "/healthz", ok=False)
        address = urllib.parse.urlparse(url)
        serial = next(c["serial"] for c in client.call("GET", "/api/v1/certificates")["certificates"] if c["id"] == certificate)
        seen = shown_serial(address.hostname, address.port, trusted)
        expect(seen.lstrip("0") == serial.lstrip("0"), f"Python is shown {seen}, not {serial}")
        check_versions(address.netloc, trusted)
    told = subprocess.run(["curl", "--silent", url + "/healthz"], capture_output=True, timeout=PATIENCE)
    expect(told.returncode == 60, f"curl without the root ends with {told.returncode}, not 60")
    check_events(address.hostname, address.port, itself, client.session)
    client.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    client.call("DELETE", "/api/v1/https")
    told = client.call("GET", "/api/v1/logs/operation?type=https.off&limit=1")["entries"][0]["data"]
    expect(told["before"]["enabled"] and not told["after"]["enabled"] and told["before"]["certificate"] == installed, f"the log says of HTTPS {told}")
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), PATIENCE)
        raise SystemExit("FAILED: the port is open although HTTPS is off")


def main():
    for program in ("openssl", "curl"):
        if not shutil.which(program):
            print(f"skipped: {program} is not installed")
            return 77
    with tempfile.TemporaryDirectory() as name, open(f"{name}/log", "w+") as log:
        folder = pathlib.Path(name)
        with Program(log, sys.argv[1], "--data", folder / "data", "--set", "http.port=0", "--set", "https.port=0", "--set", "rtsp.port=0") as vmsd:
            check(vmsd, folder)
    print("three certificates shown and verified by OpenSSL, curl and Python")
    return 0


if __name__ == "__main__":
    sys.exit(main())
