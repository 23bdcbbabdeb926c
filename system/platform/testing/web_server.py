#!/usr/bin/env python3
"""Python's own HTTPS server as a peer: says its port and certificate, then what it was asked, one JSON line each.

usage: web_server.py NAME; NAME is whom its self-made certificate is for. Ends when its standard input is closed.
"""
import http.server
import json
import ssl
import subprocess
import sys
import tempfile
import threading


def tell(**what):
    print(json.dumps(what), flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        tell(path=self.path, authorization=self.headers.get("Authorization", ""), agent=self.headers.get("User-Agent", ""))
        body = b"good 192.0.2.1\n"
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    with tempfile.TemporaryDirectory() as folder:
        name = sys.argv[1]
        kind = "IP" if name[0].isdigit() else "DNS"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                        "-addext", f"subjectAltName={kind}:{name}", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with open(f"{folder}/cert.pem", encoding="ascii") as certificate:
            tell(port=server.server_address[1], certificate=certificate.read())
        sys.stdin.read()


if __name__ == "__main__":
    main()
