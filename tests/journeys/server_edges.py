"""The edges of the server's two doors, met by a client of plain sockets: old TLS, no TLS, slow and
greedy clients, ranges, caches, operators without a certificate, and the ways in which it ends."""
import http.client
import sqlite3

from attack_reports import InventedDevice
from stage import *

BIG = 64 << 20  # an artifact that does not fit into the sockets' buffers
SLOW_SECONDS_MAX = 50  # the server's own limit is 30
DRAIN_SECONDS_MAX = 60
HURRY_SECONDS_MAX = 20  # less than the 30 after which the server gives up on a client that stands still


class Edges(Stage):
    @classmethod
    def setUpClass(cls):
        """One vendor and one server for the stories that only ask; others start their own."""
        cls.stage = Stage()
        cls.stage.setUp()
        cls.stage.make_vendor()
        cls.stage.make_certificates()
        cls.stage.package = cls.stage.make_release("1.1.0", firmware(100_000, 1))
        cls.stage.publish(cls.stage.package)
        cls.stage.start_server()

    @classmethod
    def tearDownClass(cls):
        cls.stage.tearDown()

    def setUp(self):
        super().setUp()
        self.house = self.stage
        self.context = ssl.create_default_context(cafile=self.house.dir / "ca.pem")
        artifact = next((self.house.dir / "repo/artifacts").iterdir())
        self.content, self.path = artifact.read_bytes(), f"/artifacts/{artifact.name}"

    # ---- a client

    def address(self, admin=False):
        host, port = (self.house.admin_url if admin else self.house.url).removeprefix("https://").split(":")
        return host, int(port)

    def connect(self, context=None, admin=False):
        plain = socket.create_connection(self.address(admin), timeout=SLOW_SECONDS_MAX)
        return (context or self.context).wrap_socket(plain, server_hostname="localhost")

    def ask(self, method, path, body=None, headers=(), wire=None):
        wire = wire or http.client.HTTPSConnection(*self.address(), context=self.context)
        wire.request(method, path, body, dict(headers))
        answer = wire.getresponse()
        answer.content = answer.read()
        wire.close()
        return answer

    def operators(self, certificate="admin", authority="ca.pem"):
        context = ssl.create_default_context(cafile=self.house.dir / authority)
        if certificate:
            context.load_cert_chain(self.house.dir / f"{certificate}.pem", self.house.dir / f"{certificate}.key")
        return context

    def metrics(self):
        lines = self.ask("GET", "/metrics").content.decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}

    # ---- TLS

    def test_old_tls_is_refused(self):
        old = ssl.create_default_context(cafile=self.house.dir / "ca.pem")
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        for admin in (False, True):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                self.connect(old, admin)
        with self.connect() as wire:
            self.assertEqual(wire.version(), "TLSv1.3")

    def test_plain_http_is_refused(self):
        for admin in (False, True):
            with socket.create_connection(self.address(admin), timeout=SLOW_SECONDS_MAX) as wire:
                wire.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
                answer = b""
                try:
                    while data := wire.recv(4096):
                        answer += data
                except ConnectionError:
                    pass
                self.assertNotIn(b"HTTP/", answer)

    def test_operators_need_a_certificate_of_their_authority(self):
        self.house.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "mallory.key", "-out", "mallory.pem", "-days", "2", "-subj", "/CN=olivia")
        for certificate in (None, "mallory", "server"):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                # With TLS 1.3 the client learns of it when it reads.
                with self.connect(self.operators(certificate), admin=True) as wire:
                    wire.sendall(b"GET /admin/v1/rollouts HTTP/1.1\r\nhost: localhost\r\n\r\n")
                    if not wire.recv(4096):
                        raise ConnectionError("closed without an answer")
        wire = http.client.HTTPSConnection(*self.address(admin=True), context=self.operators())
        self.assertEqual(self.ask("GET", "/admin/v1/rollouts", wire=wire).status, 200)
        self.assertEqual(self.ask("GET", "/admin/v1/rollouts").status, 404)  # not at the devices' door

    # ---- slow and greedy clients

    def test_a_slow_client_is_cut_off_while_others_are_served(self):
        begin = b"POST /v1/check-in HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n"
        slow = [self.connect() for _ in range(20)]
        silent = socket.create_connection(self.address(), timeout=SLOW_SECONDS_MAX)
        for wire in slow:
            wire.sendall(begin)
        end = time.monotonic() + SLOW_SECONDS_MAX
        while slow and time.monotonic() < end:
            self.assertEqual(self.ask("GET", "/healthz").status, 200)
            for wire in list(slow):
                try:
                    wire.sendall(b" ")  # always a little more, never all of it
                    wire.settimeout(0.01)
                    gone = wire.recv(1) == b""
                except TimeoutError:
                    gone = False
                except OSError:
                    gone = True
                if gone:
                    slow.remove(wire)
                    wire.close()
            time.sleep(0.5)
        self.assertEqual(slow, [])
        try:
            self.assertEqual(silent.recv(1), b"")  # it never began its handshake
        except ConnectionError:
            pass
        silent.close()

    def test_a_request_names_its_host_once(self):
        for hosts, version, status in ((1, "1.1", 200), (0, "1.1", 400), (2, "1.1", 400), (0, "1.0", 200), (2, "1.0", 400)):
            with self.connect() as wire:
                wire.sendall(f"GET /healthz HTTP/{version}\r\n{'host: localhost' + chr(13) + chr(10) if hosts else ''}"
                             f"{'Host: elsewhere' + chr(13) + chr(10) if hosts == 2 else ''}\r\n".encode())
                self.assertIn(f" {status} ".encode(), wire.recv(4096), (hosts, version))

    def test_a_method_that_nothing_here_has_is_told_so(self):
        for admin in (False, True):
            wire = http.client.HTTPSConnection(*self.address(admin), context=self.operators() if admin else self.context)
            answer = self.ask("DELETE", "/admin/v1/rollouts" if admin else "/healthz", wire=wire)
            self.assertEqual((answer.status, answer.headers["allow"]), (405, "GET, HEAD, POST"))

    def test_a_head_or_body_past_its_limit_is_refused(self):
        before = self.metrics().get('airlock_refused_total{code="too_large"}', 0)
        with self.connect() as wire:
            wire.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-long: " + b"x" * 9000 + b"\r\n\r\n")
            self.assertTrue(wire.recv(4096).startswith(b"HTTP/1.1 431 "))
        with self.connect() as wire:
            wire.sendall(b"POST /v1/check-in HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n")
            answer = wire.recv(4096)  # refused by what it announces
            self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)
        with self.connect() as wire:
            wire.sendall(b"POST /v1/check-in HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")
            try:
                for _ in range(20):
                    wire.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                answer = wire.recv(4096)
                self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)
            except OSError:
                pass  # hung up on while it was still sending
        with self.connect() as wire:
            wire.sendall(b"\x00\x01 nonsense\r\n\r\n")
            self.assertTrue(wire.recv(4096).startswith(b"HTTP/1.1 400 "))
        self.assertGreaterEqual(self.metrics()['airlock_refused_total{code="too_large"}'], before + 2)

    # ---- files

    def test_ranges(self):
        size = len(self.content)
        for header, first, last in (("bytes=0-0", 0, 0), ("bytes=5-9", 5, 9), ("bytes=-7", size - 7, size - 1),
                                    (f"bytes={size - 3}-", size - 3, size - 1), ("bytes=0-", 0, size - 1),
                                    (f"bytes=10-{size * 9}", 10, size - 1), (f"bytes=-{size * 9}", 0, size - 1)):
            answer = self.ask("GET", self.path, headers={"range": header})
            self.assertEqual(answer.status, 206, header)
            self.assertEqual(answer.headers["content-range"], f"bytes {first}-{last}/{size}")
            self.assertEqual(answer.content, self.content[first : last + 1], header)
        for header in (f"bytes={size}-", f"bytes={size}-{size + 5}", "bytes=-0"):
            answer = self.ask("GET", self.path, headers={"range": header})
            self.assertEqual(answer.status, 416, header)
            self.assertEqual(answer.headers["content-range"], f"bytes */{size}")
        # What is no single range of bytes is as if it were not there.
        for header in ("bytes=0-1,5-9", "bytes=9-5", "bytes=", "bytes=-", "bytes=x-y", "lines=1-2", "bytes=1-2-3",
                       "bytes=99999999999999999999999-", "bytes = 1-2", "bytes=+1-2"):
            answer = self.ask("GET", self.path, headers={"range": header})
            self.assertEqual((answer.status, answer.content), (200, self.content), header)

    def test_what_is_known_is_not_sent_again(self):
        metadata = sorted((self.house.dir / "repo/metadata").iterdir())
        target = next((self.house.dir / "repo/targets").rglob("*.cose")).relative_to(self.house.dir / "repo")
        for path in (self.path, f"/{target}", *(f"/tuf/{file.name}" for file in metadata)):
            first = self.ask("GET", path)
            fresh = path.endswith("/timestamp.json")
            self.assertEqual(first.headers["cache-control"],
                             "no-cache" if fresh else "public, max-age=31536000, immutable", path)
            tag = first.headers["etag"]
            self.assertRegex(tag, r'^"[^"]+"$')
            again = self.ask("GET", path, headers={"if-none-match": f'"other", {tag}'})
            self.assertEqual((again.status, again.content), (304, b""), path)
            self.assertEqual(again.headers["etag"], tag)
            self.assertEqual(self.ask("GET", path, headers={"if-none-match": '"other"'}).content, first.content)
            part = self.ask("GET", path, headers={"range": "bytes=1-2", "if-range": tag})
            self.assertEqual((part.status, part.content), (206, first.content[1:3]))
            whole = self.ask("GET", path, headers={"range": "bytes=1-2", "if-range": '"other"'})
            self.assertEqual((whole.status, whole.content), (200, first.content))

    def test_a_new_timestamp_has_a_new_tag(self):
        before = self.ask("GET", "/tuf/timestamp.json")
        self.house.sign_timestamp()
        after = self.ask("GET", "/tuf/timestamp.json", headers={"if-none-match": before.headers["etag"]})
        self.assertEqual(after.status, 200)
        self.assertNotEqual(after.content, before.content)

    def test_head_tells_the_size_and_sends_nothing(self):
        with self.connect() as wire:
            for headers in (b"", b"range: bytes=0-1\r\n"):
                wire.sendall(b"HEAD " + self.path.encode() + b" HTTP/1.1\r\nhost: localhost\r\n" + headers + b"\r\n")
                answer = self.read_head(wire)
                self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
                self.assertIn(b"content-length: %d\r\n" % len(self.content), answer)
            wire.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")  # nothing lies in between
            self.assertTrue(self.read_head(wire).startswith(b"HTTP/1.1 200 "))

    @staticmethod
    def read_head(wire):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = wire.recv(1)
            if not byte:
                break
            head += byte
        return head

    def test_pipelined_requests_are_answered_in_their_order(self):
        paths = [b"/healthz", self.path.encode(), b"/nothing", b"/healthz", self.path.encode()] * 5
        requests = b"".join(b"GET " + path + b" HTTP/1.1\r\nhost: localhost\r\n\r\n" for path in paths)
        with self.connect() as wire:
            half = len(requests) // 2 + 7  # a request may come in two pieces
            wire.sendall(requests[:half])
            time.sleep(0.2)
            wire.sendall(requests[half:])
            for path in paths:
                head = self.read_head(wire)
                size = int(re.search(rb"content-length: (\d+)", head)[1])
                body = b""
                while len(body) < size:
                    body += wire.recv(size - len(body))
                self.assertTrue(head.startswith(b"HTTP/1.1 404 " if path == b"/nothing" else b"HTTP/1.1 200 "), head)
                if path == self.path.encode():
                    self.assertEqual(body, self.content)

    # ---- the log

    def test_the_log_is_json_and_names_no_query(self):
        self.ask("GET", "/artifacts/nothing-there?token=hidden")
        self.ask("POST", "/v1/check-in", '{"pseudonym":"hidden-name","model":"m","version":"nonsense"}')
        lines = [json.loads(line) for line in (self.house.dir / "server.log").read_text().splitlines()]
        self.assertEqual(lines[0]["event"], "started")
        seen = {(line.get("method"), line.get("path"), line.get("status"), line.get("reason")) for line in lines}
        self.assertIn(("GET", "/artifacts/nothing-there", 404, "not_found"), seen)
        self.assertIn(("POST", "/v1/check-in", 400, "bad_semver"), seen)
        self.assertNotIn("hidden", (self.house.dir / "server.log").read_text())


class Endings(Stage):
    """How the server ends: asked once, asked twice, and killed."""

    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.make_certificates()
        (self.dir / "repo/artifacts").mkdir(exist_ok=True)
        with open(self.dir / "repo/artifacts" / ("b" * 64), "wb") as artifact:
            artifact.truncate(BIG)
        self.context = ssl.create_default_context(cafile=self.dir / "ca.pem")
        self.start_server(extra=("--drain", "3600"))

    def address(self):
        host, port = self.url.removeprefix("https://").split(":")
        return host, int(port)

    def begin_download(self):
        wire = http.client.HTTPSConnection(*self.address(), context=self.context, timeout=DRAIN_SECONDS_MAX)
        wire.connect()
        wire.request("GET", "/artifacts/" + "b" * 64)
        answer = wire.getresponse()
        self.assertEqual(len(answer.read(1000)), 1000)
        return wire, answer

    def log_events(self):
        return [json.loads(line)["event"] for line in (self.dir / "server.log").read_text().splitlines()]

    def wait_for_event(self, event):
        end = time.monotonic() + WAIT_SECONDS_MAX
        while event not in self.log_events():
            self.assertLess(time.monotonic(), end, event)
            time.sleep(0.05)

    def test_asked_to_stop_it_finishes_a_running_download(self):
        wire, answer = self.begin_download()
        idle = http.client.HTTPSConnection(*self.address(), context=self.context, timeout=DRAIN_SECONDS_MAX)
        idle.request("GET", "/healthz")
        idle.getresponse().read()
        self.server.send_signal(signal.SIGTERM)
        self.wait_for_event("stopping")
        with self.assertRaises(OSError):
            socket.create_connection(self.address(), timeout=5)
        try:
            self.assertEqual(idle.sock.recv(1), b"")  # who waits for nothing is let go at once
        except OSError:
            pass
        idle.close()
        self.assertEqual(len(answer.read()), BIG - 1000)
        self.assertEqual(self.server.wait(DRAIN_SECONDS_MAX), 0)
        self.assertEqual(self.log_events()[-1], "stopped")
        wire.close()

    def test_asked_twice_it_waits_for_nobody(self):
        wire, answer = self.begin_download()
        self.server.send_signal(signal.SIGTERM)
        self.wait_for_event("stopping")
        self.server.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(HURRY_SECONDS_MAX), 0)
        self.assertEqual(self.log_events()[-1], "stopped")
        with self.assertRaises((http.client.IncompleteRead, OSError)):
            answer.read()
        wire.close()

    def test_killed_while_reports_arrive_it_has_all_that_it_acknowledged_and_none_twice(self):
        acknowledged, sent = set(), set()
        for life in range(8):
            if life:
                self.start_server()
            acknowledged |= self.report_until_killed(life * 10_000, sent)
        self.start_server()
        self.server.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(DRAIN_SECONDS_MAX), 0)
        with sqlite3.connect(self.dir / "server-data/server.db") as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone()[0], "ok")
            stored = [duid for duid, in database.execute("SELECT duid FROM reports")]
        self.assertGreater(len(acknowledged), 100)
        self.assertEqual(len(stored), len(set(stored)))
        self.assertEqual(acknowledged - set(stored), set())
        self.assertEqual(set(stored) - sent, set())

    def report_until_killed(self, start, sent):
        """Eight clients report without a pause, each report twice, until the server is gone."""
        acknowledged = set()

        def report(number):
            wire = http.client.HTTPSConnection(*self.address(), context=self.context)
            try:
                while True:
                    device = InventedDevice(number)
                    sent.add(device.duid)
                    for _ in range(2):
                        wire.request("POST", "/v1/reports", device.report(1, "ab" * 32))
                        answer = wire.getresponse()
                        told = json.loads(answer.read())
                        if answer.status == 200 and told == {"counted": False, "why": "not_enrolled"}:
                            acknowledged.add(device.duid)
                    number += 8
            except (OSError, http.client.HTTPException):
                wire.close()

        clients = [threading.Thread(target=report, args=(start + client,)) for client in range(8)]
        for client in clients:
            client.start()
        end = time.monotonic() + WAIT_SECONDS_MAX
        while len(acknowledged) < 60 + start // 100 and time.monotonic() < end:
            time.sleep(0.001)
        self.server.kill()
        self.server.wait()
        for client in clients:
            client.join()
        return acknowledged


if __name__ == "__main__":
    main()
