"""A fee policy goes to a share of the users, judged by a real Prometheus over what their wallets report.

Two servers of one folder serve beside each other, one of them judges. The wallets are keys that ask which policy
is theirs and tell how their payments went; what their payments do is what the story says."""
import base64
import http.client
import http.server
import itertools
import re
import urllib.parse
import urllib.request

from attack_reports import InventedDevice
from fee_policy_updates import Fees
from stage import *

WALLETS = 400
PATIENCE = 120  # seconds that a story waits for what must come


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        alert = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(alert)
        self.server.open.wait()
        self.server.told.append(alert)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


class Wallet(InventedDevice):
    """A device that asks for its policy, and reports in batches of its own."""

    def __init__(self, number):
        super().__init__(number)
        self.sequence, self.told, self.batch = 0, [], None

    def payments(self, outcomes):
        self.sequence += 1
        text = json.dumps({"duid": self.duid, "sequence": self.sequence, "outcomes": outcomes}).encode()
        self.batch = json.dumps({"outcomes": base64.b64encode(text).decode(), "key": self.public.hex(),
                                 "signature": self.sign(b"airlock-outcomes-v1\n" + text).hex()})
        return self.batch


class Experiments(Stage):
    make_fees = Fees.make_fees

    def setUp(self):
        super().setUp()
        for program in ("prometheus", "promtool"):
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed")
        self.make_vendor()
        self.make_certificates()
        self.publish(self.make_release("1.0.0", firmware(40_000, 1)))
        policies = [self.make_fees("1.0.0"), self.make_fees("1.1.0", at_least=900)]
        for package in policies:
            self.publish(package)
        self.old, self.new = map(self.manifest_digest, policies)
        self.hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        self.hook.asked, self.hook.told, self.hook.open = [], [], threading.Event()
        self.hook.open.set()
        self.addCleanup(self.hook.open.set)
        threading.Thread(target=self.hook.serve_forever, daemon=True).start()
        self.addCleanup(self.hook.server_close)
        self.addCleanup(self.hook.shutdown)
        self.prometheus_port = free_port()
        self.servers = {}
        self.ports = {name: (free_port(), free_port()) for name in ("one", "two")}
        for name in self.ports:
            self.start(name)
        self.start_prometheus()
        self.wallets = [Wallet(number) for number in range(WALLETS)]
        answer = self.ask("one", "POST", "/admin/v1/devices",
                          {"keys": [wallet.public.hex() for wallet in self.wallets], "why": "journey"}, admin=True)
        self.assertEqual(answer["added"], WALLETS)

    # ---- the plant

    def start(self, name):
        port, admin = self.ports[name]
        self.servers[name] = self.start_server(f"127.0.0.1:{port}", f"127.0.0.1:{admin}", extra=(
            "--beside", name, "--prometheus", f"http://127.0.0.1:{self.prometheus_port}", "--judge-every", "1", "--outcomes-per-hour", "3600",
            "--alert-url", f"http://127.0.0.1:{self.hook.server_port}/alert"))

    def kill(self, name):
        self.servers[name].send_signal(signal.SIGKILL)
        self.servers[name].wait()

    def start_prometheus(self, jobs=("airlock",)):
        targets = ", ".join(f'"127.0.0.1:{port}"' for port, _ in self.ports.values())
        (self.dir / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n" + "".join(
                f"  - job_name: {job}\n    scheme: https\n    tls_config: {{ca_file: ca.pem}}\n"
                f"    static_configs: [{{targets: [{targets}]}}]\n" for job in jobs))
        log = open(self.dir / "prometheus.log", "ab")
        self.prometheus = subprocess.Popen(
            ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus", "--log.level=warn",
             f"--web.listen-address=127.0.0.1:{self.prometheus_port}"], stdout=log, stderr=log, cwd=self.dir)
        log.close()
        self.children.append(self.prometheus)
        self.wait_for(lambda: len([one for one in self.query("up == 1") if one["metric"]["job"] in jobs]) == len(self.ports) * len(jobs),
                      "Prometheus to scrape every server")

    def query(self, expression):
        url = f"http://127.0.0.1:{self.prometheus_port}/api/v1/query?query={urllib.parse.quote(expression)}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)["data"]["result"]
        except OSError:
            return []

    def wait_for(self, holds, what):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if holds():
                return
            time.sleep(0.1)
        self.fail(f"waited in vain for {what}: {self.listed()}")

    # ---- wallets and operators

    def connection(self, name, admin=False):
        context = ssl.create_default_context(cafile=self.dir / "ca.pem")
        if admin:
            context.load_cert_chain(self.dir / "admin.pem", self.dir / "admin.key")
        return http.client.HTTPSConnection("127.0.0.1", self.ports[name][1 if admin else 0], context=context, timeout=30)

    def ask(self, name, method, path, body=None, admin=False, wire=None):
        own = wire or self.connection(name, admin)
        own.request(method, path, body if body is None or isinstance(body, str) else json.dumps(body))
        answer = own.getresponse().read()
        if wire is None:
            own.close()
        return json.loads(answer) if answer.startswith(b"{") else answer.decode()

    def listed(self):
        return self.ask(self.alive(), "GET", "/admin/v1/experiments", admin=True)["experiments"][0]

    def alive(self):
        return next(name for name, child in self.servers.items() if child.poll() is None)

    def verdicts(self):
        return self.ask(self.alive(), "GET", "/admin/v1/verdicts?experiment=1", admin=True)["verdicts"]

    def create(self, ramp=None, **more):
        """An experiment by the rules of the defaults, or with a ramp, a window and a number of samples for a story in seconds."""
        definition = {"name": "fees", "baseline": self.old, "arms": [{"name": "gray", "policy": self.new}]}
        if ramp is not None:
            definition |= {"ramp": ramp, "window": 60, "samples": 300, "hold": 3600, **more}
        (self.dir / "fees.json").write_text(json.dumps(definition))
        made = json.loads(self.operator("experiment", "create", "--file", "fees.json", "--why", "journey", "--json"))
        for name in self.ports:  # the other process looks ten times a second
            self.wait_for(lambda: self.ask(name, "POST", "/v1/fees", {"duid": "any"})["experiments"], f"{name} to follow")
        return made

    def fees(self, name, wallets):
        """Which policy each wallet is told by one server: also what it pays by from now on."""
        wire, served = self.connection(name), set()
        for wallet in wallets:
            answer = self.ask(name, "POST", "/v1/fees", {"duid": wallet.duid, "kept": [self.new, self.old]}, wire=wire)
            wallet.told = answer["experiments"]
            served.add(wallet.told[0]["policy"] if wallet.told else self.old if self.new in answer["set_aside"] else self.new)
        wire.close()
        return served

    def begin(self, name):
        """All wallets ask, and each pays twice, in no order of arms: that is how arms come to have their sizes."""
        told = self.fees(name, self.wallets)
        self.pay(name, self.wallets, 2)
        return told

    def gray(self):
        return [wallet for wallet in self.wallets if wallet.told[0]["arm"] == "gray"]

    def pay(self, name, wallets, count=10, failing=0, ms=120):
        """Every wallet pays and reports; of `count` payments by the gray policy `failing` fail. Returns what counted."""
        wire, counted = self.connection(name), 0
        for wallet in wallets:
            told = wallet.told[0]
            bad = failing if told["arm"] == "gray" else 0
            outcomes = [{"experiment": told["experiment"], "arm": told["arm"], "stage": told["stage"],
                         "ok": at >= bad, "ms": ms} for at in range(count)]
            counted += self.ask(name, "POST", "/v1/outcomes", wallet.payments(outcomes), wire=wire)["outcomes"]
        wire.close()
        return counted

    def assert_baseline_everywhere(self):
        for name in self.ports:
            self.wait_for(lambda: self.fees(name, self.wallets[:100]) == {self.old}, f"{name} to serve the baseline")
            self.assertEqual(self.fees(name, self.wallets), {self.old}, name)

    def test_grows_by_proof_and_is_taken_back_by_evidence(self):
        self.create([{"share": 500, "seconds": 2, "samples": 500}, {"share": 2500, "seconds": 3600, "samples": 500}])
        self.begin("one")
        early = self.gray()
        self.assertLess(len(early), 60)
        self.pay("two", early, 58)
        self.wait_for(lambda: self.listed()["share"] == 2500, "the share to grow by proof")
        self.assertEqual(self.begin("two"), {self.old, self.new})
        for wallet in early:  # nobody moved out
            self.assertEqual(wallet.told[0]["arm"], "gray")
        self.assertGreater(len(self.gray()), len(early))
        # The policy misbehaves; the wallets pay by what they were told last.
        paying = [wallet for wallet in self.wallets if wallet not in early][:200]
        turns = itertools.cycle(("one", "two"))

        def still_gray():
            self.pay(next(turns), paying, 2, failing=1)
            return self.listed()["phase"] == "rolled_back"
        began = time.monotonic()
        self.wait_for(still_gray, "the rollback")
        decided = time.monotonic()
        self.assert_baseline_everywhere()
        print(f"\nrolled back {decided - began:.1f} s after the fault began; {time.monotonic() - decided:.1f} s later both processes had "
              "told every wallet the baseline")
        verdicts = self.verdicts()
        acts = [verdict["act"] for verdict in reversed(verdicts) if verdict["rule"] != "data"]
        # On a slow machine the evidence is there before the limit has its samples; the story of the defaults demands the pause.
        self.assertIn(acts, (["ramped", "paused", "rolled back"], ["ramped", "rolled back"]))
        self.assertRegex(verdicts[0]["words"], r"rolled back \d\d:\d\d:\d\d: \d+ of \d+ payments failed \([\d.]+ % > 5 %\); "
                                               r"arm gray, last 60 s; baseline 0 of \d+ \(0 %\); evidence")
        self.wait_for(lambda: any(told["act"] == "rolled back" for told in self.hook.told), "the alert")
        self.assertEqual([told["id"] for told in self.hook.told if told["act"] == "rolled back"], [verdicts[0]["id"]])
        self.refuses("conflict", self.operator, "experiment", "resume", "1", "--why", "again")
        metrics = self.ask("one", "GET", "/metrics")
        checked = subprocess.run(["promtool", "check", "metrics"], input=metrics, text=True, capture_output=True)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    def decided(self):
        return [verdict for verdict in reversed(self.verdicts()) if verdict["rule"] != "data"]

    def assert_counts(self, verdict, limit):
        """The words say the numbers that were decided by: enough of them, and above the limit."""
        numbers = verdict["numbers"]
        said = re.search(r": (\d+) of (\d+) payments [a-z0-9. ]+ \(([\d.]+) % > (\d+) %\); arm gray, last 300 s; baseline (\d+) of (\d+)",
                         verdict["words"])
        self.assertTrue(said, verdict["words"])
        bad, total = int(said[1]), int(said[2])
        self.assertEqual((bad, total), (numbers["bad"], numbers["total"]))
        self.assertEqual((int(said[5]), int(said[6])), (numbers["baseline_bad"], numbers["baseline_total"]))
        self.assertGreaterEqual(total, 600)
        self.assertGreater(100 * bad, limit * total)
        self.assertAlmostEqual(float(said[3]), 100 * bad / total, delta=0.051)
        self.assertEqual(int(said[4]), limit)

    def test_by_the_defaults_more_than_5_percent_of_failures_pause_and_the_evidence_rolls_back(self):
        self.create()
        self.begin("one")
        self.operator("experiment", "ramp", "1", "--share", "25", "--why", "looked at by hand")
        self.assertEqual(self.begin("two"), {self.old, self.new})
        gray = self.gray()
        self.wait_for(lambda: self.listed()["arms"][1]["devices"] == len(gray), "the judge to see all wallets")
        self.assertEqual(self.listed()["phase"], "running")
        self.pay("one", gray, 10, failing=1)
        self.wait_for(lambda: len(self.decided()) > 1, "a decision")
        paused = self.decided()[1]
        self.assertEqual((paused["act"], paused["rule"], paused["arm"]), ("paused", "payment failures, limit", "gray"))
        self.assert_counts(paused, 5)
        self.assertTrue(paused["words"].endswith("; tried again in 300 s"), paused["words"])
        self.assert_baseline_everywhere()
        for wallet in gray:  # what was begun by the gray policy before they heard of it
            wallet.told = [{"experiment": 1, "arm": "gray", "stage": 2, "policy": self.new}]
        turns = itertools.cycle((self.wallets[:200], self.wallets[200:]))  # of both arms, which are compared

        def is_over():
            self.pay("two", next(turns), 10, failing=1)
            return self.listed()["phase"] == "rolled_back"
        self.wait_for(is_over, "the rollback")
        last = self.decided()[-1]
        self.assertEqual([verdict["act"] for verdict in self.decided()], ["ramp", "paused", "rolled back"])
        self.assertEqual((last["rule"], last["arm"]), ("payment failures, evidence", "gray"))
        self.assert_counts(last, 5)
        self.assertRegex(last["words"], r"; evidence \d+\.\d, alarm 13\.2$")
        self.assertGreaterEqual(last["numbers"]["evidence"], last["numbers"]["alarm"])
        self.assert_baseline_everywhere()

    def test_by_the_defaults_slow_payments_take_back_the_last_step_of_the_ramp(self):
        self.create()
        self.begin("one")
        early = {wallet.duid for wallet in self.gray()}
        self.operator("experiment", "ramp", "1", "--share", "25", "--why", "looked at by hand")
        self.begin("two")
        gray = self.gray()
        self.pay("one", gray, 10)
        self.pay("two", gray[:6], 10, ms=900)
        self.wait_for(lambda: len(self.decided()) > 1, "a decision")
        degraded = self.decided()[1]
        self.assertEqual((degraded["act"], degraded["rule"], degraded["arm"]), ("degraded", "slow payments, limit", "gray"))
        self.assert_counts(degraded, 1)
        self.assertTrue(degraded["words"].endswith("; from 25 % back to 5 %, grows again by proof (1 of 3)"), degraded["words"])
        self.wait_for(lambda: self.listed()["share"] == 500, "the share before")
        self.assertEqual(self.listed()["phase"], "running")
        self.assertRegex(self.listed()["waits_for"], r"^\d+ s more at this share$")
        for name in self.ports:  # whom the last step brought has the baseline again, and nobody else
            self.wait_for(lambda: self.fees(name, self.wallets) and {wallet.duid for wallet in self.gray()} == early, f"{name} to step back")
        self.wait_for(lambda: [alert["act"] for alert in self.hook.told if alert["rule"] != "data"] == ["degraded"], "the alert")

    def test_holds_while_prometheus_is_gone(self):
        self.create([{"share": 2500, "seconds": 0, "samples": 500}, {"share": 5000, "seconds": 3600, "samples": 500}])
        self.begin("one")
        self.wait_for(lambda: self.listed()["arms"][1]["devices"] == len(self.gray()), "the judge to see all wallets")
        self.kill_prometheus()
        self.wait_for(lambda: any(verdict["act"] == "held" for verdict in self.verdicts()), "the judge to hold")
        self.pay("one", self.gray(), 20)  # proof enough, which nobody sees
        before = self.listed()
        self.assertEqual((before["phase"], before["share"]), ("running", 2500))
        judged = before["judged"]
        self.wait_for(lambda: self.listed()["judged"] > judged, "two more looks")
        self.assertEqual((self.listed()["phase"], self.listed()["share"]), ("running", 2500))
        self.assertEqual(self.fees("two", self.wallets), {self.old, self.new})  # who has it keeps it
        down = 'airlock_breaker_mode{dependency="prometheus",mode="closed"} 0'
        self.wait_for(lambda: any(down in self.ask(name, "GET", "/metrics") for name in self.ports),
                      "the judge's breaker to open, and /metrics to tell it")
        self.start_prometheus()
        self.wait_for(lambda: self.listed()["share"] == 5000, "what was reported meanwhile to count")
        acts = [verdict["act"] for verdict in reversed(self.verdicts())]
        self.assertEqual(acts[-2:], ["went on", "ramped"])

    def test_a_server_that_comes_back_under_another_name_is_not_counted_again(self):
        self.create([{"share": 5000}], window=3600)
        self.begin("one")
        paid = self.pay("one", self.gray(), 5) + 2 * len(self.gray())

        def counted():
            return self.listed()["arms"][1]["guards"][0]["total"]
        self.wait_for(lambda: counted() == paid, "all payments to count")
        self.kill_prometheus()
        self.start_prometheus(jobs=("moved", "twice"))  # the readings of the job before are still there
        paid += self.pay("two", self.gray(), 5)
        self.wait_for(lambda: counted() >= paid, "the payments after it to count")
        judged = self.listed()["judged"]
        self.wait_for(lambda: self.listed()["judged"] > judged, "another look")
        self.assertEqual(counted(), paid)

    def kill_prometheus(self):
        self.prometheus.kill()
        self.prometheus.wait()

    def test_no_decision_is_lost_or_doubled_when_servers_are_killed(self):
        self.create([{"share": 5000}])
        self.begin("one")
        paying = self.wallets[:200]
        for round_number in range(6):  # each judges for a moment, and is killed at any point of it
            victim, other = ("one", "two") if round_number % 2 else ("two", "one")
            self.pay(other, paying[round_number * 30:round_number * 30 + 50], 3, failing=1)
            self.kill(victim)
            self.start(victim)
        self.admin_url = f"https://127.0.0.1:{self.ports['one'][1]}"

        def again():  # what was begun by the policy that they were told first
            self.pay("one", paying, 2, failing=1)
            return self.listed()["phase"] == "rolled_back"
        self.wait_for(again, "the rollback")
        self.assert_baseline_everywhere()
        finals = [verdict for verdict in self.verdicts() if verdict["act"] == "rolled back"]
        self.assertEqual(len(finals), 1)
        pauses = [verdict for verdict in self.verdicts() if verdict["act"] == "paused"]
        self.assertEqual(len(pauses), 1)
        self.wait_for(lambda: any(told["act"] == "rolled back" for told in self.hook.told), "the alert")
        told = {alert["id"] for alert in self.hook.told}
        self.assertLessEqual(told, {verdict["id"] for verdict in self.verdicts()})

    def test_whoever_is_slow_to_hear_an_alert_holds_up_no_judge(self):
        self.create([{"share": 5000}])
        self.begin("one")
        self.wait_for(lambda: self.listed()["arms"][1]["devices"] == len(self.gray()), "the judge to see all wallets")
        self.hook.open.clear()
        before = len(self.hook.asked)
        self.pay("one", self.gray(), 3, failing=1)
        self.wait_for(lambda: len(self.hook.asked) > before, "the alert to be told")
        looks = set()

        def looked():
            looks.add(self.listed()["judged"])
            return len(looks) > 3
        self.wait_for(looked, "more looks")
        self.assertLess(len(self.hook.asked) - before, 3)  # no look waited for an answer
        self.hook.open.set()
        self.wait_for(lambda: any(alert["act"] == "paused" for alert in self.hook.told), "the alert to be heard")

    def test_an_operator_pauses_and_takes_it_back(self):
        made = self.create([{"share": 10000}])
        self.assertEqual(made["phase"], "running")
        self.assertEqual(self.fees("two", self.wallets), {self.new})
        self.operator("experiment", "pause", "1", "--why", "a call from support")
        self.assert_baseline_everywhere()
        self.operator("experiment", "resume", "1", "--why", "false alarm")
        self.operator("experiment", "rollback", "1", "--why", "customers complain")
        self.assert_baseline_everywhere()
        self.assertIn("rolled_back", self.operator("experiment", "list"))
        audit = [(row["who"], row["what"]) for row in json.loads(self.operator("audit", "--json"))["audit"]]
        self.assertEqual(audit[:4], [("olivia", "experiment.rollback"), ("olivia", "experiment.resume"),
                                     ("olivia", "experiment.pause"), ("olivia", "experiment.create")])
        self.refuses("conflict", self.operator, "experiment", "ramp", "1", "--share", "100", "--why", "no")
        self.refuses("usage", self.operator, "experiment", "create", "--name", "x", "--why", "no policy")


class AlertRules(Stage):
    def test_promtool_reads_and_plays_the_rules_that_are_shipped(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool is not installed")
        folder = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
        for command in (("check", "config", "prometheus.yml"), ("check", "rules", "alerts.yml"),
                        ("test", "rules", "alerts_test.yml")):
            played = subprocess.run(["promtool", *command], cwd=folder, capture_output=True, text=True)
            self.assertEqual(played.returncode, 0, played.stdout + played.stderr)


if __name__ == "__main__":
    main()
