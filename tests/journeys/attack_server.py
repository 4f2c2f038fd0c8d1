"""A server that is wholly an attacker's, with a certificate that the device trusts."""
import http.server

from stage import *


class LyingServer(http.server.SimpleHTTPRequestHandler):
    """Serves the real repository, and answers check-ins as the story wants."""

    protocol_version = "HTTP/1.1"
    answer = {}
    lies = 0
    root = None

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        asked = self.path == "/v1/check-in"
        LyingServer.lies += asked
        self.reply(200, json.dumps(self.answer if asked else {}).encode())

    def do_GET(self):
        place = self.path.lstrip("/")
        if place.startswith("tuf/"):
            place = "metadata/" + place[4:]
        path = self.root / place
        if not path.is_file():
            return self.reply(404, b"{}")
        data = path.read_bytes()
        if wanted := re.match(r"bytes=(\d+)-(\d*)", self.headers.get("range", "")):
            end = int(wanted[2]) + 1 if wanted[2] else len(data)
            span = f"bytes {wanted[1]}-{min(end, len(data)) - 1}/{len(data)}"
            return self.reply(206, data[int(wanted[1]) : end], {"content-range": span})
        self.reply(200, data)

    def reply(self, status, body, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class LiedTo(Stage):
    """A device whose server answers check-ins with whatever the story puts into `LyingServer.answer`."""

    def listen(self):
        LyingServer.root = self.dir / "repo"
        httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), LyingServer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.dir / "server.pem", self.dir / "server.key")
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        self.addCleanup(httpd.server_close)
        self.addCleanup(httpd.shutdown)
        self.turn_to(f"https://127.0.0.1:{httpd.server_port}")

    def target_of(self, package):
        targets = json.loads(max((self.dir / "repo/metadata").glob("*.targets.json"),
                                 key=lambda p: int(p.name.split(".")[0])).read_text())
        wanted = self.manifest_digest(package)
        return next(path for path, target in targets["signed"]["targets"].items()
                    if target.get("custom", {}).get("airlock", {}).get("manifest") == wanted)

    def offer_of(self, package, **changes):
        offer = {"target": self.target_of(package), "manifest": self.manifest_digest(package),
                 "version": "1.1.0", "security_version": 9, "size": 1000, "rollout": 1}
        return {**offer, **changes}
