"""A payment gateway and a price source behind breakers of airlock-server: real processes, real sockets.

The gateway is told what to do by its story, counts what it is asked, and can hang; the receiver of alerts keeps
what it is told."""
import http.client
import http.server

from stage import *

FAILURES, PROBES = 3, 2  # as the plan below says
PLAN = """airlock_dependencies: 1
dependencies:
  gateway:
    url: http://127.0.0.1:{gateway}/api
    timeout: 1s
    in_flight: 4
    breaker: {{failures: 3, open: 1s, probes: 2}}
    fallback:
      - url: http://127.0.0.1:{other}/other
        timeout: 1s
  prices:
    url: http://127.0.0.1:{gateway}/prices
    timeout: 1s
    breaker: {{failures: 3, open: 1h}}
    fallback:
      - last: 1h
      - answer: {{status: 203, body: '{{"price":null}}'}}
  probed:
    url: http://127.0.0.1:{gateway}/probed
    timeout: 1s
    probe: /health
    breaker: {{failures: 1, open: 500ms, probes: 2}}
  patient:
    url: http://127.0.0.1:{gateway}/patient
    timeout: 20s
    in_flight: 4
    fallback:
      - answer: {{body: '{{"by":"answer"}}'}}
  elsewhere:
    url: http://127.0.0.1:{other}
  alone:
    url: http://127.0.0.1:{nobody}
    timeout: 1s
    breaker: {{failures: 1, open: 1h}}
"""


class Place(http.server.ThreadingHTTPServer):
    """Answers what it is asked, or hangs until it is let go."""

    daemon_threads = True

    def __init__(self, name):
        self.name, self.asked, self.heads, self.status = name, [], [], 200
        self.well = threading.Event()
        self.well.set()
        super().__init__(("127.0.0.1", 0), Answers)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.asked.append((self.command, self.path, body))
        self.server.heads.append({name.lower(): value for name, value in self.headers.items()})
        self.server.well.wait(30)
        said = json.dumps({"by": self.server.name, "path": self.path, "body": body.decode()}).encode()
        try:
            self.send_response(self.server.status)
            for name, value in (("content-type", "application/json"), ("content-length", str(len(said))),
                                ("x-payment", "kept"), ("airlock-answered-by", "a liar")):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)
        except OSError:  # who asked has gone
            self.close_connection = True

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


class Breaker(Stage):
    def setUp(self):
        super().setUp()
        self.make_certificates()
        self.gateway, self.other = Place("gateway"), Place("other")
        self.hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        self.hook.told = []
        threading.Thread(target=self.hook.serve_forever, args=(0.02,), daemon=True).start()
        for server in (self.gateway, self.other, self.hook):
            self.addCleanup(server.server_close)
            self.addCleanup(server.shutdown)
        self.addCleanup(self.gateway.well.set)
        self.wires = {}

    def write_plan(self, text=PLAN):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            ports = {"gateway": self.gateway.server_port, "other": self.other.server_port, "nobody": nobody.getsockname()[1]}
        (self.dir / "dependencies.yaml").write_text(text.format(**ports))

    def start(self, *extra):
        self.write_plan()
        log = open(self.dir / "breaker.log", "ab")
        child = subprocess.Popen(
            [str(BIN / "airlock-server"), "breaker", "--config", "dependencies.yaml", "--listen", "127.0.0.1:0", "--tls-cert",
             "server.pem", "--tls-key", "server.key", "--alert-url", f"http://127.0.0.1:{self.hook.server_port}/hook", *extra],
            stdout=subprocess.PIPE, stderr=log, text=True, env=self.environment(), cwd=self.dir)
        log.close()
        self.children.append(child)
        line = child.stdout.readline()
        found = re.match(r"listening https://127\.0\.0\.1:(\d+)", line)
        self.assertTrue(found, line + (self.dir / "breaker.log").read_text())
        self.port = int(found[1])
        return child

    def wire(self, client=None):
        context = ssl.create_default_context(cafile=self.dir / "ca.pem")
        if client:
            context.load_cert_chain(self.dir / f"{client}.pem", self.dir / f"{client}.key")
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=30)

    def call(self, path, method="GET", body=None, headers=None, client=None):
        """(status, JSON or text, headers in lower case)."""
        wire = self.wire(client)
        try:
            wire.request(method, path, body, headers or {})
            answer = wire.getresponse()
            text = answer.read().decode()
        finally:
            wire.close()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, json.loads(text) if text.startswith("{") else text, told

    def ask(self, name, rest="", **more):
        return self.call(f"/v1/dependency/{name}{rest}", **more)

    def metric(self, series):
        text = self.call("/metrics")[1]
        found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.M)
        self.assertTrue(found, f"{series} is not among\n{text}")
        return int(found[1])

    def wait_for(self, holds, what):
        end = time.monotonic() + WAIT_SECONDS_MAX
        while not holds():
            self.assertLess(time.monotonic(), end, f"waited in vain for {what}")
            time.sleep(0.05)

    def test_a_gateway_that_hangs_is_left_alone_until_exactly_its_probes_succeed(self):
        self.start()
        status, said, told = self.ask("gateway", "/quote?of=1", headers={"authorization": "Bearer x"})
        self.assertEqual((status, said["by"], said["path"]), (200, "gateway", "/api/quote?of=1"))
        self.assertEqual((told["airlock-answered-by"], told["airlock-why"], told["airlock-breaker"], told["x-payment"]),
                         ("dependency", "ok", "closed", "kept"))
        self.assertEqual(self.gateway.heads[0]["authorization"], "Bearer x")
        self.gateway.well.clear()
        for _ in range(FAILURES):  # each waits for its time-out, and is answered all the same
            status, said, told = self.ask("gateway", "/quote")
            self.assertEqual((status, said["by"], said["path"]), (200, "other", "/other/quote"))
            self.assertEqual((told["airlock-answered-by"], told["airlock-why"]), ("fallback-1", "timed_out"))
        self.assertEqual(told["airlock-breaker"], "open")
        asked = len(self.gateway.asked)
        self.assertEqual(asked, 1 + FAILURES)
        self.wait_for(lambda: self.hook.told, "the alert")
        self.assertEqual(self.ask("gateway", "/quote")[2]["airlock-why"], "breaker_open")
        self.assertEqual(len(self.gateway.asked), asked)
        # A probe fails: the outage is the same one, and nobody is told of another.
        self.wait_for(lambda: (self.ask("gateway", "/quote"), len(self.gateway.asked) > asked)[1], "a probe")
        self.assertEqual(len(self.gateway.asked), asked + 1)
        self.gateway.well.set()
        asked += 1

        def is_back():
            return self.ask("gateway", "/quote")[2]["airlock-breaker"] == "closed"
        self.wait_for(is_back, "the breaker to close by itself")
        self.assertEqual(len(self.gateway.asked), asked + PROBES)
        self.assertEqual(self.ask("gateway", "/quote")[1]["by"], "gateway")
        self.wait_for(lambda: len(self.hook.told) > 1, "the notice of recovery")
        self.assertEqual([(alert["dependency"], alert["change"], alert.get("why")) for alert in self.hook.told],
                         [("gateway", "down", "timed_out"), ("gateway", "up", None)])
        self.assertEqual(len({alert["id"] for alert in self.hook.told}), 2)
        self.assertEqual(self.metric('airlock_breaker_openings_total{dependency="gateway"}'), 1)
        self.assertEqual(self.metric('airlock_breaker_mode{dependency="gateway",mode="closed"}'), 1)
        self.assertGreater(self.metric('airlock_dependency_calls_total{dependency="gateway",answered_by="url"}'), FAILURES)

    def test_a_payment_that_may_have_been_made_is_asked_nowhere_else(self):
        self.start()
        self.gateway.well.clear()
        for _ in range(FAILURES):
            status, said, told = self.ask("gateway", "/pay", method="POST", body='{"amount":1}')
            self.assertEqual((status, said["error"], said["why"]), (504, "outcome_unknown", "timed_out"))
            self.assertEqual(told["airlock-answered-by"], "nobody")
        self.assertEqual([asked[0] for asked in self.gateway.asked], ["POST"] * FAILURES)
        self.assertEqual(self.other.asked, [])
        # The breaker is open: what was never sent to the gateway goes to the fallback, as it is.
        status, said, told = self.ask("gateway", "/pay", method="POST", body='{"amount":2}')
        self.assertEqual((status, said["by"], said["body"]), (200, "other", '{"amount":2}'))
        self.assertEqual((told["airlock-answered-by"], told["airlock-why"]), ("fallback-1", "breaker_open"))
        self.assertEqual(len(self.gateway.asked), FAILURES)

    def test_the_last_good_answer_and_then_the_fixed_one_stand_in(self):
        self.start()
        self.assertEqual(self.ask("prices", "/eth")[1]["by"], "gateway")
        self.gateway.status = 503
        status, said, told = self.ask("prices", "/eth")
        self.assertEqual((status, said["path"], told["airlock-answered-by"], told["airlock-why"]),
                         (200, "/prices/eth", "fallback-1", "http_failed"))
        self.assertIn("age", told)
        status, said, told = self.ask("prices", "/btc")  # never asked before
        self.assertEqual((status, said, told["airlock-answered-by"]), (203, {"price": None}, "fallback-2"))
        other = self.ask("prices", "/eth", headers={"authorization": "Bearer another"})  # what one sees is not for another
        self.assertEqual(other[2]["airlock-answered-by"], "fallback-2")
        self.assertEqual(self.ask("prices", "/eth")[2]["airlock-why"], "breaker_open")

    def test_where_nobody_can_answer_it_says_so(self):
        self.start()
        status, said, told = self.ask("alone", "/x")
        self.assertEqual((status, said["error"], said["why"]), (503, "no_fallback", "unreachable"))
        self.assertIn("retry-after", told)
        self.assertEqual(self.ask("alone", "/x")[1]["why"], "breaker_open")
        self.assertEqual(self.ask("alone", "/x", method="POST", body="x")[1]["error"], "no_fallback")
        for path, error in (("nothing/x", "not_found"), ("alone/../x", "bad_request"), ("alone/%2e%2E/x", "bad_request")):
            self.assertEqual(self.ask(path)[1]["error"], error, path)
        log = (self.dir / "breaker.log").read_text()
        self.assertIn('"path":"/v1/dependency/alone"', log)
        self.assertNotIn("alone/x", log)

    def test_calls_beyond_those_in_flight_are_answered_at_once_and_others_are_not_held_up(self):
        self.start()
        self.gateway.well.clear()
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.ask("patient", "/quote"))) for _ in range(4)]
        for thread in threads:
            thread.start()
        self.wait_for(lambda: len(self.gateway.asked) == 4, "four calls in flight")
        self.assertEqual(self.metric('airlock_dependency_in_flight{dependency="patient"}'), 4)
        for _ in range(4):  # while those hang
            _, said, told = self.ask("patient", "/quote", method="POST", body="x")
            self.assertEqual((said["by"], told["airlock-why"], told["airlock-breaker"]), ("answer", "overloaded", "closed"))
            self.assertEqual(self.ask("elsewhere", "/quote")[1]["by"], "other")
        self.assertEqual(answers, [])
        self.gateway.well.set()
        for thread in threads:
            thread.join()
        self.assertEqual([said["by"] for _, said, _ in answers], ["gateway"] * 4)
        self.assertEqual(len(self.gateway.asked), 4)
        self.assertEqual(self.metric('airlock_dependency_in_flight{dependency="patient"}'), 0)

    def test_a_path_that_is_probed_spares_the_calls(self):
        self.start()
        self.gateway.well.clear()
        self.assertEqual(self.ask("probed", "/pay", method="POST", body="x")[0], 504)
        self.wait_for(lambda: any(path == "/probed/health" for _, path, _ in self.gateway.asked), "a probe")
        self.assertEqual(self.ask("probed", "/pay", method="POST", body="x")[1]["error"], "no_fallback")
        self.gateway.well.set()
        self.wait_for(lambda: self.metric('airlock_breaker_mode{dependency="probed",mode="closed"}'), "the breaker to close")
        self.assertEqual(len([path for _, path, _ in self.gateway.asked if path == "/probed/pay"]), 1)
        self.assertEqual(self.ask("probed", "/pay", method="POST", body="x")[0], 200)

    def test_it_ends_though_a_call_hangs(self):
        child = self.start("--drain", "0")
        self.gateway.well.clear()
        ended = []

        def call():
            try:
                ended.append(self.ask("patient", "/pay", method="POST", body="x"))
            except OSError as hung_up:
                ended.append(hung_up)
        caller = threading.Thread(target=call)
        caller.start()
        self.wait_for(lambda: self.gateway.asked, "the call to hang")
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(WAIT_SECONDS_MAX), 0)
        caller.join()
        self.assertEqual(len(ended), 1)

    def test_metrics_are_as_prometheus_wants_them(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool is not installed")
        self.start()
        self.ask("gateway", "/quote")
        checked = subprocess.run(["promtool", "check", "metrics"], input=self.call("/metrics")[1], text=True, capture_output=True)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    def test_only_callers_with_a_certificate_reach_it_from_elsewhere(self):
        self.start("--client-ca", "ca.pem")
        self.assertEqual(self.ask("gateway", "/quote", client="admin")[1]["by"], "gateway")
        for client in (None, "server"):  # none, and one that is not for clients
            with self.assertRaises(OSError):
                self.ask("gateway", "/quote", client=client)
        self.assertEqual(len(self.gateway.asked), 1)
        self.refuses("callers_unknown", self.run_program, "airlock-server", "breaker", "--config", "dependencies.yaml",
                     "--listen", "0.0.0.0:0", "--tls-cert", "server.pem", "--tls-key", "server.key")

    def test_a_plan_that_is_wrong_is_refused_where_it_is_wrong(self):
        self.write_plan(PLAN.replace("open: 1s", "open: 1"))
        refused = self.refuses("out_of_range", self.run_program, "airlock-server", "breaker", "--config", "dependencies.yaml",
                               "--check")
        self.assertIn("dependencies.yaml: line 7, column 34: 1 is no time of rest; write a time with its unit", refused.text)
        self.write_plan(PLAN.replace("in_flight: 4", "ca: nowhere.pem", 1))
        refused = self.refuses("not_found", self.run_program, "airlock-server", "breaker", "--config", "dependencies.yaml",
                               "--check")
        self.assertIn("gateway: ca: nowhere.pem", refused.text)
        example = pathlib.Path(__file__).resolve().parents[2] / "examples/dependencies/dependencies.yaml"
        self.assertIn("payments: https://gateway.example/v2", self.run_program("airlock-server", "breaker", "--config", example,
                                                                               "--check"))
        self.write_plan()
        said = self.run_program("airlock-server", "breaker", "--config", "dependencies.yaml", "--check")
        self.assertIn("opens after 3 failures, 1 fallbacks", said)


if __name__ == "__main__":
    main()
