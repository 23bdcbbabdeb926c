#!/usr/bin/env python3
"""What the maker of Watchrig does with their key, by OpenSSL: licences for a server or a dongle, and upgrades.

  maker.py key KEY.pem                        makes a key, and prints what vmsd is started with (--set maker.key=…)
  maker.py public KEY.pem                     prints it again
  maker.py licence KEY.pem SERVER.dat --id ID [--algorithms a,b] [--channels N] [--expires UTC] > licence.txt
  maker.py upgrade KEY.pem VERSION FILE… [--kind update|system|module] [--module TYPE]… > upgrade.bin
"""
import argparse
import base64
import datetime
import hashlib
import pathlib
import subprocess
import sys
import tempfile

PUBLIC_BYTES = 32  # the last ones of the DER of a public key (RFC 8410)


def openssl(*words, given=None):
    return subprocess.run(["openssl", *map(str, words)], input=given, capture_output=True, check=True).stdout


def make_key(file):
    openssl("genpkey", "-algorithm", "ed25519", "-out", file)
    return public_key(file)


def public_key(file):
    return base64.b64encode(openssl("pkey", "-in", file, "-pubout", "-outform", "DER")[-PUBLIC_BYTES:]).decode()


def signed(key, title, fields):
    """The lines of the fields with their signature."""
    text = "".join([f"{title} 1\n", *(f"{name}: {value}\n" for name, value in fields)]).encode()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "text"
        file.write_bytes(text)
        signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", file)
    return text + b"signature: " + base64.b64encode(signature) + b"\n"


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def licence(key, fingerprint_file, identity, algorithms="", channels=0, issued=None, expires="never"):
    """For the server or the dongle that has exported the file."""
    title, line = pathlib.Path(fingerprint_file).read_text("ascii").splitlines()[:2]
    encryption = {"WATCHRIG-SERVER 1": "software", "WATCHRIG-DONGLE 1": "dongle"}[title]
    return signed(key, "WATCHRIG-LICENCE", [
        ("id", identity), ("encryption", encryption), ("fingerprint", line.removeprefix("fingerprint: ")),
        ("algorithms", algorithms), ("channels", channels), ("issued", issued or now()), ("expires", expires)])


def upgrade(key, version, files, kind="update", modules=()):
    """A package of the files, each under its own name."""
    contents = [(pathlib.Path(file).name, pathlib.Path(file).read_bytes()) for file in files]
    lines = [f"{len(content)} {hashlib.sha256(content).hexdigest()} {name}" for name, content in contents]
    fields = [("kind", kind), ("version", version), *(("module", module) for module in modules), *(("file", line) for line in lines)]
    return signed(key, "WATCHRIG-UPGRADE", fields) + b"".join(content for _, content in contents)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("key", "public", "licence", "upgrade"):
        commands.add_parser(name).add_argument("key")
    one = commands.choices["licence"]
    one.add_argument("fingerprint", help="server.dat or dongle.dat")
    one.add_argument("--id", required=True)
    one.add_argument("--algorithms", default="", help="names with commas between")
    one.add_argument("--channels", type=int, default=0)
    one.add_argument("--expires", default="never", help="2027-01-01T00:00:00Z")
    package = commands.choices["upgrade"]
    package.add_argument("version", help="1.2.3")
    package.add_argument("files", nargs="+", help="vmsd, and for a system what lies beside it")
    package.add_argument("--kind", choices=["update", "system", "module"], default="update")
    package.add_argument("--module", action="append", default=[], help="the type of a module")
    given = parser.parse_args()
    if given.command == "key":
        print(make_key(given.key))
    elif given.command == "public":
        print(public_key(given.key))
    elif given.command == "upgrade":
        sys.stdout.buffer.write(upgrade(given.key, given.version, given.files, given.kind, given.module))
    else:
        sys.stdout.buffer.write(licence(given.key, given.fingerprint, given.id, given.algorithms, given.channels, expires=given.expires))


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"openssl: {error.stderr.decode(errors='replace')}")
