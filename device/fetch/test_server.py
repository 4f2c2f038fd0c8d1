"""A server over real TLS that behaves well or badly by the path that is asked for; for fetch_test.

Makes its certificates in FOLDER, prints "PORT TLS12_PORT", and ends when its standard input does.
"""
import http.server
import json
import pathlib
import re
import ssl
import subprocess
import sys
import threading
import time

SIZE = 1_000_000
PAYLOAD = bytes((i ^ (i >> 8)) & 0xFF for i in range(SIZE))
# The first two digits of an artifact's name say how it is served.
WELL, NO_RANGES, OTHER_RANGE, CUT_ONCE, DRIPS, OTHER_SIZE, TOO_LONG, NO_RANGES_LATE = (
    f"{n:02x}" for n in range(8))

asked = []
connections = [0]
already_cut = set()


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        connections[0] += 1
        super().setup()

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/v1/check-in":
            told = json.loads(body)
            answer = {"offer": None, "why": "up_to_date", "explain": told["model"], "poll_after_s": 60}
            self.reply(200, json.dumps(answer).encode())
        elif self.path == "/v1/reports":
            told = json.loads(body)
            self.reply(200, json.dumps({"counted": told["key"] == "ab", "why": "not_enrolled"}).encode())
        else:
            self.reply(400, b'{"error":"bad_request"}')

    def do_GET(self):
        if self.path == "/log":
            body = json.dumps({"asked": asked, "connections": connections[0]}).encode()
            asked.clear()
            connections[0] = 0
            return self.reply(200, body)
        asked.append(self.path + " " + self.headers.get("range", ""))
        if self.path.startswith("/artifacts/"):
            return self.artifact(self.path.removeprefix("/artifacts/")[:2])
        plain = {"/tuf/1.root.json": b"root", "/tuf/big": b"x" * 100_000,
                 "/targets/a%20b%3Fc": b"odd", "/targets/firmware/1.1.0/x.cose": b"envelope"}
        if self.path in plain:
            return self.reply(200, plain[self.path])
        if self.path == "/tuf/moved":
            return self.reply(302, location="/tuf/1.root.json")
        if self.path == "/tuf/broken":
            return self.reply(500, b"{}")
        if self.path == "/tuf/headers":
            return self.reply(200, **{f"x_{i}": "y" * 1000 for i in range(40)})
        if self.path == "/tuf/slow":
            time.sleep(3)
            return self.reply(200, b"late")
        if self.path == "/tuf/cut":
            self.send_response(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            return self.hang_up()
        if self.path == "/tuf/hang-up":
            return self.hang_up()
        return self.reply(404, b"{}")

    def hang_up(self):
        self.wfile.flush()
        self.close_connection = True

    def artifact(self, how):
        wanted = re.match(r"bytes=(\d+)-(\d+)$", self.headers.get("range", ""))
        first, last = int(wanted[1]), int(wanted[2])
        if how == NO_RANGES or (how == NO_RANGES_LATE and first > 0):
            return self.reply(200, PAYLOAD)
        shown = (first + 1 if how == OTHER_RANGE else first, last,
                 SIZE + 1 if how == OTHER_SIZE else SIZE)
        body = PAYLOAD[first : last + 1]
        self.send_response(206)
        self.send_header("content-range", "bytes %d-%d/%d" % shown)
        if how == TOO_LONG:
            body += b"more"
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if how == CUT_ONCE and first > 0 and self.path not in already_cut:
            already_cut.add(self.path)
            self.wfile.write(body[:300_000])
            return self.hang_up()
        if how == DRIPS and first > 0:
            for byte in body[:40]:
                self.wfile.write(bytes([byte]))
                time.sleep(0.1)
            return self.hang_up()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True


def make_certificates(folder):
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=folder)
    for ca in ("ca", "other-ca"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", f"{ca}.key", "-out", f"{ca}.pem", "-days", "30", "-subj", f"/CN={ca}")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "server.ext").write_text(
        "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "server.pem", "-days", "30", "-extfile", "server.ext")


def listen(folder, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    # The handshake belongs into the connection's own thread, at its first read.
    server.socket = context.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def main():
    folder = pathlib.Path(sys.argv[1])
    make_certificates(folder)
    ports = [listen(folder, version) for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2)]
    print(*ports, flush=True)
    sys.stdin.read()


main()
