"""Two operators run rollouts: every step and every condition is seen by a device, and the audit tells who did what."""
import hashlib
import http.client

from stage import *

FAR = "2099-01-01T00:00:00Z"
PAST = "2020-01-01T00:00:00Z"


class Rollouts(Stage):
    def setUp(self):
        super().setUp()
        self.old, self.new = firmware(80_000, 1), firmware(80_000, 2)
        self.make_vendor()
        self.make_certificates()
        self.make_operator("oscar")
        self.first = self.make_release("1.0.0", self.old)
        self.publish(self.first)
        self.second = self.make_release("1.1.0", self.new)
        self.publish(self.second)
        self.start_server()
        self.make_device(self.first, extra=("--region", "de", "--group", "beta", "--certificate", "cd" * 32))
        self.digest = self.manifest_digest(self.second)

    def make_operator(self, name):
        self.issue(name, f"/CN={name}", f"DNS:{name}", "clientAuth")

    def olivia(self, *args):
        return json.loads(self.operator(*args, "--json"))

    def oscar(self, *args):
        return json.loads(self.airlock(*args, "--admin", self.admin_url, "--cert", "oscar.pem", "--key", "oscar.key",
                                       "--ca", "ca.pem", "--json"))

    def create(self, share, *extra):
        return str(self.olivia("rollout", "create", "--manifest", self.digest, "--share", share, "--why", "journey",
                               *extra)["id"])

    def check_in(self, **facts):
        """What the server answers to a device that says what ours would say, but for `facts`."""
        body = {"duid": self.status()["duid"], "model": "demo-wallet", "version": self.status()["version"],
                "security_version": 1, "region": "de", "group": "beta", **facts}
        wire = http.client.HTTPSConnection(self.url.removeprefix("https://"),
                                           context=ssl.create_default_context(cafile=self.dir / "ca.pem"))
        wire.request("POST", "/v1/check-in", json.dumps({k: v for k, v in body.items() if v is not None}))
        answer = json.loads(wire.getresponse().read())
        wire.close()
        return answer

    def assert_offered_nothing(self, why):
        """The server says why, and the real device finds nothing to do."""
        answer = self.check_in()
        self.assertEqual((answer.get("offer"), answer.get("why")), (None, why), answer)
        ending = json.loads(self.device("run", "--until-quiet", "--refuse", "--json").splitlines()[-1])
        self.assertEqual(ending["ended"], "quiet", ending)
        self.assert_runs("1.0.0", self.old)

    def test_two_operators_and_the_audit(self):
        self.assert_offered_nothing("no_rollout_for_model")
        rollout = self.create("0", "--created")
        self.assert_offered_nothing("not_running")
        self.oscar("rollout", "resume", rollout, "--why", "staging looks good")
        self.assert_offered_nothing("outside_share")
        self.assertEqual(self.olivia("rollout", "advance", rollout, "--share", "12.34", "--why", "first")["share"], 1234)
        self.refuses("conflict", self.olivia, "rollout", "advance", rollout, "--share", "12.33", "--why", "less")
        self.refuses("conflict", self.olivia, "rollout", "resume", rollout, "--why", "it runs already")
        self.olivia("rollout", "advance", rollout, "--share", "100", "--why", "all")
        self.oscar("rollout", "pause", rollout, "--why", "a call from support")
        self.assert_offered_nothing("paused")
        self.olivia("rollout", "resume", rollout, "--why", "false alarm")
        self.update(self.second)
        self.assert_runs("1.1.0", self.new)
        self.assertEqual(self.oscar("rollout", "halt", rollout, "--why", "done")["state"], "halted")
        self.refuses("conflict", self.olivia, "rollout", "resume", rollout, "--why", "again")
        self.refuses("not_found", self.olivia, "rollout", "halt", "999", "--why", "which")
        self.assertEqual([(row["id"], row["state"], row["share"]) for row in self.olivia("rollout", "list")["rollouts"]],
                         [(int(rollout), "halted", 10_000)])
        audit = [(row["who"], row["what"], row["why"]) for row in self.oscar("audit")["audit"]]
        self.assertEqual(audit, [("oscar", "rollout.halt", "done"),
                                 ("olivia", "rollout.resume", "false alarm"),
                                 ("oscar", "rollout.pause", "a call from support"),
                                 ("olivia", "rollout.advance", "all"),
                                 ("olivia", "rollout.advance", "first"),
                                 ("oscar", "rollout.resume", "staging looks good"),
                                 ("olivia", "rollout.create", "journey"),
                                 ("olivia", "devices.import", "journey")])
        logged = [json.loads(line) for line in (self.dir / "server.log").read_text().splitlines()]
        refused = [line for line in logged if line.get("who") == "olivia" and line["reason"] == "conflict"]
        self.assertEqual(len(refused), 3)

    def test_every_condition_is_heeded_by_the_server_and_the_device(self):
        conditions = [("region", ("--region", "fr", "--region", "jp")), ("group", ("--group", "alpha")),
                      ("version_range", ("--from", "0.1.0..0.9.9")), ("not_started", ("--not-before", FAR)),
                      ("ended", ("--not-after", PAST)), ("certificate", ("--certificate", "ab" * 32))]
        for why, condition in conditions:
            rollout = self.create("100", *condition)
            self.assert_offered_nothing(why)
            self.olivia("rollout", "halt", rollout, "--why", f"shown: {why}")
        self.assertEqual(self.check_in(certificate="ab" * 32)["why"], "halted")
        self.create("100", "--certificate", "ab" * 32)
        self.assertEqual(self.check_in(certificate="ab" * 32)["offer"]["version"], "1.1.0")
        self.create("100", "--region", "jp", "--region", "de", "--group", "beta", "--from", "1.0.0..1.0.9",
                    "--not-before", PAST, "--not-after", FAR, "--model", "demo-wallet", "--certificate", "cd" * 32)
        self.assertEqual(self.check_in(certificate="cd" * 32, region="fr")["why"], "certificate")
        self.update(self.second)
        self.assert_runs("1.1.0", self.new)

    def test_a_rollout_that_cannot_be_is_refused(self):
        for code, condition in (("wrong_model", ("--model", "another-wallet")),
                                ("wrong_model", ("--model", "demo-wallet", "--model", "*")),
                                ("empty_range", ("--not-before", FAR, "--not-after", PAST)),
                                ("empty_range", ("--from", "1.0.9..1.0.0")),
                                ("bad_text", ("--region", "de\x07")),
                                ("bad_text", ("--group", "beta\x1b[2J"))):
            self.refuses(code, self.create, "100", *condition)
        self.refuses("bad_text", self.olivia, "rollout", "create", "--manifest", self.digest, "--share", "1", "--why",
                     "first\nolivia  rollout.halt")
        for share in ("-5", "100.01", "5.123", "five"):
            refusal = self.refuses("usage", self.create, share)
            self.assertIn(f"--share takes 0 to 100, with at most two decimals, found {share}", refusal.text)
        for option, typed in (("--manifest", "00"), ("--certificate", "zz"), ("--not-before", "2026-11-23"),
                              ("--not-after", "tomorrow")):
            manifest = () if option == "--manifest" else ("--manifest", self.digest)
            refusal = self.refuses("usage", self.olivia, "rollout", "create", "--share", "1", "--why", "journey",
                                   *manifest, option, typed)
            self.assertRegex(refusal.text, f"{option}: takes .*, found {typed}")
        self.assertEqual(self.olivia("rollout", "list")["rollouts"], [])
        rollout = self.create("100", "--model", "demo-wallet")
        self.refuses("usage", self.olivia, "rollout", "advance", rollout, "--share", "-5", "--why", "less")
        for number in ("-5", "0", "one", "99999999999999999999"):
            self.refuses("usage", self.olivia, "rollout", "halt", number, "--why", "which")
            self.refuses("usage", self.olivia, "reports", "--rollout", number)
        self.refuses("bad_text", self.olivia, "rollout", "halt", rollout, "--why", "\x1b[2J")

    def test_the_list_shows_every_condition(self):
        self.create("12.5", "--created")
        self.create("100", "--region", "jp", "--region", "de", "--group", "beta", "--from", "1.0.0..1.0.9",
                    "--not-before", PAST, "--not-after", FAR, "--model", "demo-wallet", "--certificate", "cd" * 32)
        plain, narrow = self.operator("rollout", "list").splitlines()
        self.assertEqual(plain, f"rollout 1  created  12.50 %  {self.digest}")
        self.assertEqual(narrow, f"rollout 2  running  100 %  {self.digest}  models demo-wallet  regions jp, de  "
                         f"groups beta  from 1.0.0..1.0.9  not before {PAST}  not after {FAR}  certificates {'cd' * 32}")
        plain, narrow = self.olivia("rollout", "list")["rollouts"]
        for member, value in (("models", ["demo-wallet"]), ("regions", ["jp", "de"]), ("groups", ["beta"]),
                              ("certificates", ["cd" * 32]), ("from", "1.0.0..1.0.9"), ("not_before", PAST),
                              ("not_after", FAR)):
            self.assertEqual(narrow[member], value)
            self.assertIn(plain.get(member), ([], None))

    def test_what_is_published_is_offered_with_the_next_timestamp(self):
        third = self.make_release("1.2.0", firmware(80_000, 3))
        self.airlock("publish", third, "--repo", "repo", "--keys", "keys", "--keyring", "keys/keyring.cose")
        self.digest = self.manifest_digest(third)
        self.refuses("not_offered", self.create, "100")
        self.assert_offered_nothing("no_rollout_for_model")
        self.sign_timestamp()
        self.create("100")
        self.update(third)
        self.assert_runs("1.2.0", firmware(80_000, 3))

    def test_a_signed_ramp_holds_where_the_server_would_not(self):
        third = self.make_release("1.2.0", firmware(80_000, 3),
                                  extra=("--ramp", f"start=2026-01-01T00:00:00Z,seed={'5a' * 32},0h=0"))
        self.publish(third)
        self.roll_out(third)
        self.assertEqual(self.check_in()["offer"]["version"], "1.2.0")
        self.refuses("outside_ramp", self.update, third)
        self.assert_runs("1.0.0", self.old)

    def test_a_private_device_is_offered_what_it_would_be_offered_by_name(self):
        rollouts = [self.create("40"), self.create("0")]
        duid = self.status()["duid"]
        outcomes = set()
        for _ in range(20):  # each rollout draws a new seed, and so a new bucket for the same device
            named = self.check_in()
            asked = self.check_in(duid=None, pseudonym="somebody")
            self.assertEqual((asked["offer"], asked["why"]), (None, "bucket_missing"))
            self.assertEqual(set(asked["seeds"]), set(rollouts))
            buckets = {}
            for rollout, seed in asked["seeds"].items():
                digest = hashlib.sha256(bytes.fromhex(seed) + duid.encode()).digest()
                buckets[rollout] = int.from_bytes(digest[:8], "big") % 10_000
            hidden = self.check_in(duid=None, pseudonym="somebody", bucket=buckets)
            self.assertEqual(hidden["offer"], named["offer"])
            self.assertEqual(hidden.get("why"), named.get("why"))
            outcomes.add(hidden["offer"] is not None)
            if outcomes == {True, False}:
                break
            for rollout in rollouts:
                self.olivia("rollout", "halt", rollout, "--why", "another seed")
            rollouts = [self.create("40"), self.create("0")]
        self.assertEqual(outcomes, {True, False})

    def test_operators_see_which_devices_came_and_with_what(self):
        self.make_device(self.first, name="hidden", extra=("--private",))
        self.make_device(self.first, name="silent")
        self.create("100")
        self.update(self.second)
        self.device("run", "--until-quiet", "--refuse", name="hidden")
        self.check_in()
        seen = {row["duid"]: row["seen"] for row in self.olivia("devices", "list")["devices"]}
        self.assertEqual(seen[self.status()["duid"]]["version"], "1.1.0")
        self.assertEqual(seen[self.status()["duid"]]["region"], "de")
        self.assertIsNone(seen[self.status("hidden")["duid"]])
        self.assertIsNone(seen[self.status("silent")["duid"]])
        self.server.send_signal(signal.SIGTERM)  # what was seen is there after a restart
        self.server.wait()
        self.start_server(listen=self.url.removeprefix("https://"))
        self.assertIn("1.1.0", self.operator("devices", "list"))
        self.assertNotIn(self.status("hidden")["duid"], (self.dir / "server.log").read_text())


if __name__ == "__main__":
    main()
