#!/usr/bin/env python3
"""aiosmtpd as a peer: says on which port it listens, then each mail that it gets, one JSON line each.

usage: mail_server.py none|ssl|tls [USER PASSWORD]; ends when its standard input is closed. Exit code 77: no aiosmtpd.
A mail to refused@… is refused. TLS certificates are self-made, for 127.0.0.1.
"""
import asyncio
import json
import ssl
import subprocess
import sys
import tempfile

try:
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
except ImportError:
    sys.exit(77)


def tell(**what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("refused@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):
        tell(sender=envelope.mail_from, receivers=envelope.rcpt_tos, text=envelope.content.decode(),
             encrypted=session.ssl is not None, authenticated=session.authenticated)
        return "250 kept"


def make_context(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    return context


async def serve(folder, mode, account):
    options = {"decode_data": False}
    if account:
        def authenticate(_server, _session, _envelope, _mechanism, given):
            right = isinstance(given, LoginPassword) and [given.login, given.password] == account
            return AuthResult(success=right, handled=False)
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    if mode == "tls":
        options |= {"tls_context": make_context(folder), "require_starttls": True}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), **options), "127.0.0.1", 0,
                                      ssl=make_context(folder) if mode == "ssl" else None)
    tell(port=server.sockets[0].getsockname()[1], certificate=f"{folder}/cert.pem")
    await loop.run_in_executor(None, sys.stdin.read)


def main():
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(serve(folder, sys.argv[1], [part.encode() for part in sys.argv[2:4]]))


if __name__ == "__main__":
    main()
