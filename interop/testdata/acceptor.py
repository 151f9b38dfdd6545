"""A server that lets clients in by pyspnego, and returns what they send: encrypted
if that was. Its port is printed.
"""
import base64
import re
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import spnego


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    end = None

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", kind="text/plain", token=None):
        self.send_response(status)
        if token is not None:
            self.send_header("WWW-Authenticate", ("Negotiate " + base64.b64encode(token).decode()).strip())
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        auth = self.headers.get("Authorization", "")
        token = None
        if auth.startswith("Negotiate "):
            if self.end is None or self.end.complete:
                self.end = spnego.server(hostname="localhost", service="HTTP", protocol="negotiate")
            try:
                token = self.end.step(base64.b64decode(auth[10:]))
            except spnego.exceptions.SpnegoError as e:
                self.end = None
                return self.answer(401, str(e).encode(), token=b"")
        if self.end is None or not self.end.complete:
            return self.answer(401, token=token or b"")
        name = self.end.client_principal.encode()
        content = self.headers.get("Content-Type", "")
        if not content.startswith("multipart/encrypted"):
            return self.answer(200, name + b" " + body, token=token)
        parts = re.split(rb"--Encrypted Boundary(?:--)?\r\n", body)
        data = parts[2].split(b"octet-stream\r\n", 1)[1]
        n = struct.unpack("<i", data[:4])[0]
        plain = self.end.unwrap_winrm(data[4 : 4 + n], data[4 + n :])
        back = name + b" " + plain
        sealed = self.end.wrap_winrm(back)
        self.answer(
            200,
            b"--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
            b"\tOriginalContent: type=text/plain;charset=UTF-8;Length=" + str(len(back) + sealed.padding_length).encode() + b"\r\n"
            b"--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n"
            + struct.pack("<i", len(sealed.header)) + sealed.header + sealed.data + b"--Encrypted Boundary--\r\n",
            kind='multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"',
        )


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
