"""A server that is wholly an attacker's: whatever it answers, only signed releases run."""
import http.server

from stage import *


class LyingServer(http.server.SimpleHTTPRequestHandler):
    """Serves the real repository, and answers check-ins as the story wants."""

    protocol_version = "HTTP/1.1"
    answer = {}
    root = None

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = json.dumps(self.answer if self.path == "/v1/check-in" else {}).encode()
        self.reply(200, body)

    def do_GET(self):
        place = self.path.lstrip("/")
        if place.startswith("tuf/"):
            place = "metadata/" + place[4:]
        path = self.root / place
        if not path.is_file():
            return self.reply(404, b"{}")
        data, status = path.read_bytes(), 200
        if wanted := re.match(r"bytes=(\d+)-(\d*)", self.headers.get("range", "")):
            end = int(wanted[2]) + 1 if wanted[2] else len(data)
            data, status = data[int(wanted[1]) : end], 206
        self.reply(status, data)

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Lies(Stage):
    def setUp(self):
        super().setUp()
        self.old = firmware(100_000, 1)
        self.make_vendor()
        self.make_certificates()
        self.first = self.make_release("1.0.0", self.old, security=2)
        self.older = self.make_release("0.9.0", firmware(100_000, 7), security=1)
        self.foreign = self.make_release("1.1.0", firmware(100_000, 8), security=2, model="another-wallet")
        for package in (self.first, self.older, self.foreign):
            self.publish(package)
        self.start_server()
        self.make_device(self.first)
        self.listen()

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
        config = self.dir / "device/config.json"
        config.write_text(config.read_text().replace(self.url, f"https://127.0.0.1:{httpd.server_port}"))

    def target_of(self, package):
        targets = json.loads(max((self.dir / "repo/metadata").glob("*.targets.json"),
                                 key=lambda p: int(p.name.split(".")[0])).read_text())
        wanted = self.manifest_digest(package)
        return next(path for path, target in targets["signed"]["targets"].items()
                    if target["custom"]["airlock"]["manifest"] == wanted)

    def told(self, **offer):
        LyingServer.answer = {"offer": offer, "poll_after_s": 60}
        try:
            self.device("run", "--until-quiet", "--consent", offer.get("manifest", "ab" * 32))
        except Refused:
            pass
        self.assert_runs("1.0.0", self.old)
        return (self.status().get("last_error") or {}).get("code")

    def offer_of(self, package, **changes):
        offer = {"target": self.target_of(package), "manifest": self.manifest_digest(package),
                 "version": "1.1.0", "security_version": 9, "size": 1000, "rollout": 1}
        return {**offer, **changes}

    def test_an_older_release_offered_as_new(self):
        self.assertEqual(self.told(**self.offer_of(self.older)), "below_floor")

    def test_another_models_release(self):
        self.assertEqual(self.told(**self.offer_of(self.foreign)), "wrong_model")

    def test_a_target_that_the_repository_does_not_list(self):
        self.assertEqual(self.told(**self.offer_of(self.first, target="firmware/9.9.9/none.cose")),
                         "target_missing")

    def test_a_target_name_that_climbs_out_of_its_folder(self):
        self.told(**self.offer_of(self.first, target="../../../../etc/passwd"))

    def test_answers_that_are_no_answers(self):
        for answer in ([], 5, "x", {"offer": []}, {"offer": {"target": 7}}, {"offer": {"target": "x" * 100_000}},
                       {"poll_after_s": -1}, {"poll_after_s": 10**18, "offer": None}):
            LyingServer.answer = answer
            try:
                self.device("run", "--until-quiet", "--refuse")
            except Refused:
                pass
            self.assert_runs("1.0.0", self.old)


main()
