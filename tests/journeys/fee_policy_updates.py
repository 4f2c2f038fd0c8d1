"""A fee policy from its file to what a wallet charges over the air, and back again."""
import subprocess

from stage import *

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "fee-policy"
SWAP = "{chain: eip155:1, operation: swap, amount: 3000000000}"
SIGNERS = ("vendor", "finance-1")


def policy(version, at_least=1000, pay="treasury", stated=None):
    """A policy that takes so much of every swap, and states what it takes."""
    stated = at_least if stated is None else stated
    return (f"airlock_fee_policy: 1\nversion: {version}\nrounding: half-up\nrules:\n"
            f"  - {{name: swaps, when: {{operation: swap}}, fee: {{fixed: {at_least}}}, pay: {pay}}}\n"
            f"golden:\n  - {{name: one, given: {{chain: \"eip155:1\", operation: swap, amount: 5}}, "
            f"expect: {{rule: swaps, total: {stated}}}}}\n")


class Fees(Stage):
    """A vendor, a server, and a wallet with limits of its own."""

    device_options = ()

    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.make_certificates()
        first = self.make_release("1.0.0", firmware(40_000, 1))
        self.publish(first)
        self.start_server()
        self.limits = self.dir / "wallet-limits.yaml"
        self.limits.write_text("airlock_fee_limits: 1\nrecipients: [treasury, partner]\n"
                               "caps:\n  - {operation: swap, at_most: 5000}\n")
        self.make_device(first, extra=("--fee-limits", self.limits, *self.device_options))

    def make_fees(self, version, text=None, security=1, signers=SIGNERS, extra=(), **rule):
        path = self.dir / f"fees-{version}.yaml"
        path.write_text(text or policy(version, **rule))
        args = ("release", "fee-policy", "--model", "*", "--version", version, "--security-version", security, "--valid-for", "90d")
        recipe = None if extra else (args, path.read_bytes())  # what is looked at more closely is made anew
        return self.make_once(recipe, (*args, "--policy", path, *extra), f"fees-{version}", signers)

    def take(self, package):
        self.publish(package)
        self.roll_out(package)
        return self.device("run", "--until-quiet")

    def charged(self):
        said = json.loads(self.device("fee", SWAP, "--json"))
        return said["version"], said["total"]

    def fees(self):
        return self.status()["fees"]


class FeePolicyUpdates(Fees):
    def test_a_policy_comes_over_the_air_and_the_next_one_after_it(self):
        self.refuses("not_found", self.device, "fee", SWAP)
        first = self.make_fees("1.0.0", extra=("--limits", self.limits))
        self.take(first)
        said = json.loads(self.device("fee", SWAP, "--json"))
        self.assertEqual((said["version"], said["total"], said["pay"], said["advice"]),
                         ("1.0.0", "1000", {"treasury": "1000"}, None))
        self.assertEqual(said["digest"], hashlib.sha256((self.dir / "fees-1.0.0.yaml").read_bytes()).hexdigest())
        self.assertEqual(said["manifest"], self.manifest_digest(first))
        self.take(self.make_fees("1.1.0", at_least=900, security=2))
        self.assertEqual(self.charged(), ("1.1.0", "900"))
        self.assertIn("rule    swaps of policy 1.1.0", self.device("fee", SWAP))
        kept = self.fees()
        self.assertEqual((kept["in_use"]["version"], [one["version"] for one in kept["kept"]]), ("1.1.0", ["1.0.0"]))
        floors = self.status()["floors"]
        self.assertEqual((floors["fee-policy"], floors["abi-pack"]), (2, 0))
        self.assert_runs("1.0.0", firmware(40_000, 1))

    def test_the_same_file_makes_the_same_bytes_and_inspect_says_what_it_charges(self):
        fixed = ("--created", "2026-01-02T00:00:00Z")
        one = self.make_fees("1.0.0", extra=fixed, signers=())
        shutil.move(one, self.dir / "elsewhere")
        two = self.make_fees("1.0.0", extra=fixed, signers=())
        self.assertEqual((two / "manifest.cose").read_bytes(), (self.dir / "elsewhere/manifest.cose").read_bytes())
        said = self.airlock("inspect", two)
        self.assertIn("Fee policy 1.0.0", said)
        self.assertIn("highest fee   1000, of one", said)
        shown = self.inspect(two)["fee_policy"]
        self.assertEqual((shown["rules"][0]["name"], shown["golden_cases"][0]["outcome"]), ("swaps", "1000 by swaps"))
        digest = self.manifest_digest(two)
        self.assertIn("swaps", self.airlock("sign", "--key", "keys/vendor.key", two, "--digest", digest))
        # What is signed is what is shown: another payload is shown to nobody.
        artifact = next((two / "artifacts").iterdir())
        artifact.write_bytes(bytes(reversed(artifact.read_bytes())))
        self.refuses("index_rejected", self.airlock, "sign", "--key", "keys/finance-1.key", two, "--digest", digest)

    def test_a_ceremony_shows_the_rules_that_are_signed(self):
        package = self.make_fees("1.0.0", signers=()).name
        digest = self.manifest_digest(package)
        prompts = ("Type yes", "With whom", "Type scanned", "to sign it: ")
        screen, status = self.talk("airlock", "ceremony", "sign", package, "--key", "keys/finance-1.key", "--keyring",
                                   "keys/keyring.cose", "--transcript", "finance.transcript", answers=[
                                       (prompt, said + "\n") for prompt, said in
                                       zip(prompts, ("yes", "Carol", "skip", digest[:8]))])
        self.assertEqual(status, 0, screen)
        before = screen[:screen.index("Type yes")]
        self.assertIn("Fee policy 1.0.0", before)
        self.assertIn("swaps", before)
        self.assertIn("highest fee   1000, of one", before)
        said = json.loads(self.airlock("ceremony", "audit", "finance.transcript", "--json"))
        self.assertIn("highest fee   1000, of one", said["entries"][1]["facts"]["text"])

    def test_a_publisher_releases_no_policy_that_a_wallet_would_refuse(self):
        error = self.refuses("fee_case_failed", self.make_fees, "1.0.0", stated=999)
        self.assertIn("line", error.text)
        self.refuses("fee_over_cap", self.make_fees, "1.0.0", at_least=5001, extra=("--limits", self.limits))
        self.refuses("recipient_forbidden", self.make_fees, "1.0.0", pay="mallory", extra=("--limits", self.limits))
        self.refuses("usage", self.make_fees, "1.0.0", text=policy("1.0.1"))
        self.refuses("usage", self.airlock, "release", "fee-policy", "--model", "*", "--version", "1.0.0",
                     "--security-version", 1, "--out", "x")

    def test_a_device_refuses_what_no_publisher_judged_and_keeps_its_policy(self):
        self.take(self.make_fees("1.0.0"))
        for code, version, text in (("fee_case_failed", "1.1.0", policy("1.1.0", stated=999)),
                                    ("bad_policy", "1.2.0", policy("1.2.1"))):  # it says another version
            path = self.dir / f"unjudged-{version}.yaml"
            path.write_text(text)
            self.run_program("make_release", path, version, f"unjudged-{version}")
            for signer in SIGNERS:  # by the envelope alone: whoever sees the policy does not sign it
                self.sign(f"unjudged-{version}/manifest.cose", signer)
            package = self.dir / f"unjudged-{version}"
            self.refuses(code, self.airlock, "sign", "--key", "keys/vendor.key", package, "--digest", self.manifest_digest(package))
            self.refuses(code, self.publish, package)
            self.refuses(code, self.device, "install", package)
            self.assert_ended(code, "verifying")
            self.assertEqual(self.charged(), ("1.0.0", "1000"))

    def test_no_policy_passes_the_wallets_own_limits_whoever_signed_it(self):
        self.take(self.make_fees("1.0.0"))
        for version, rule, code in (("1.1.0", {"at_least": 5001}, "fee_over_cap"),
                                    ("1.2.0", {"pay": "mallory"}, "recipient_forbidden")):
            beyond = self.make_fees(version, **rule)
            self.refuses(code, self.device, "install", beyond)
            self.publish(beyond)
            self.roll_out(beyond)
            self.refuses(code, self.device, "run", "--until-quiet")
            self.assert_ended(code, "verifying")
            self.assertEqual(self.charged(), ("1.0.0", "1000"))
        self.assertIn("at_most: 5000", (self.dir / "device/wallet/fee-limits.yaml").read_text())

    def test_a_fee_that_no_golden_case_states_is_held_against_the_limits_too(self):
        text = policy("1.0.0", at_least=1000).replace("{fixed: 1000}", "{minimum: {of: {percentage: 1%}, at_least: 1000}}")
        self.take(self.make_fees("1.0.0", text=text))
        self.refuses("fee_over_cap", self.device, "fee", SWAP)

    def test_a_device_without_limits_takes_no_policy(self):
        self.make_device(self.dir / "release-1.0.0", name="bare")
        package = self.make_fees("1.0.0")
        self.refuses("wrong_kind", self.device, "install", package, name="bare")
        self.publish(package)
        self.roll_out(package)
        self.assertIn("nothing to do", self.device("run", "--until-quiet", name="bare"))

    def test_vendor_and_finance_must_have_signed(self):
        package = self.make_fees("1.0.0", signers=("vendor", "committee-1", "committee-2", "reviewer-1", "reviewer-2"))
        self.refuses("quorum_missing", self.device, "install", package)
        self.sign(package, "finance-2")
        self.device("install", package)
        self.assertEqual(self.charged(), ("1.0.0", "1000"))
        self.refuses("quorum_missing", self.device, "install", self.make_fees("1.1.0", signers=("finance-1", "finance-2")))

    def test_a_kept_policy_is_restored_but_never_below_the_floor_nor_beyond_the_limits(self):
        self.take(self.make_fees("1.0.0"))
        self.take(self.make_fees("1.1.0", at_least=900))
        self.refuses("downgrade", self.device, "install", self.dir / "fees-1.0.0")
        self.device("fees", "--restore", "1.0.0")
        self.assertEqual(self.charged(), ("1.0.0", "1000"))
        self.device("run", "--until-quiet")  # what the owner left does not come back by itself
        self.assertEqual(self.charged(), ("1.0.0", "1000"))
        limits = self.dir / "device/wallet/fee-limits.yaml"
        limits.write_text(limits.read_text().replace("5000", "950"))
        self.device("fees", "--restore", "1.1.0")
        self.refuses("fee_over_cap", self.device, "fees", "--restore", "1.0.0")
        self.device("install", self.make_fees("1.2.0", at_least=800, security=2))
        self.refuses("below_floor", self.device, "fees", "--restore", "1.1.0")
        self.refuses("below_floor", self.device, "install", self.dir / "fees-1.1.0")
        self.assertEqual(self.charged(), ("1.2.0", "800"))

    def test_the_owner_is_asked_where_the_wallet_wants_it(self):
        self.make_device(self.dir / "release-1.0.0", name="asking", extra=("--fee-limits", self.limits, "--ask-for", "fee-policy"))
        package = self.make_fees("1.0.0")
        self.refuses("not_interactive", self.device, "install", package, name="asking")
        self.device("install", package, "--refuse", name="asking")
        self.refuses("not_found", self.device, "fee", SWAP, name="asking")
        self.device("install", package, "--consent", self.manifest_digest(package), name="asking")
        self.assertEqual(json.loads(self.device("fee", SWAP, "--json", name="asking"))["version"], "1.0.0")

    def test_an_unhealthy_policy_gives_way_to_the_one_before_and_does_not_come_back_by_itself(self):
        self.take(self.make_fees("1.0.0"))
        second = self.make_fees("1.1.0", at_least=900)
        self.publish(second)
        self.roll_out(second)
        self.device("run", "--until-quiet", "--trial", "unhealthy")
        self.assertEqual((self.fees()["in_use"]["version"], self.fees()["went_back"]["reason"]), ("1.0.0", "unhealthy"))
        self.device("run", "--until-quiet")
        self.assertEqual(self.charged(), ("1.0.0", "1000"))

    def test_a_kept_file_that_is_changed_is_never_charged_by(self):
        self.take(self.make_fees("1.0.0"))
        stored = next((self.dir / "device/fees").glob("*.yaml"))
        stored.write_text(stored.read_text().replace("1000", "2000"))
        self.refuses("image_rejected", self.device, "fee", SWAP)

    def test_killed_anywhere_the_device_has_one_of_the_two_and_ends_with_the_new_one(self):
        self.take(self.make_fees("1.0.0"))
        second = self.make_fees("1.1.0", at_least=900)
        self.publish(second)
        self.roll_out(second)
        for pause in (0.0, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15):
            child = subprocess.Popen([BIN / "airlock-device", "run", "--dir", self.dir / "device", "--until-quiet"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment())
            time.sleep(pause)
            child.kill()
            child.wait()
            self.assertIn(self.charged(), (("1.0.0", "1000"), ("1.1.0", "900")))
        self.device("run", "--until-quiet")
        self.assertEqual(self.charged(), ("1.1.0", "900"))


class Advising(Fees):
    """A wallet that runs, asks which policy it shall serve, and tells how payments went. What is tried came last."""

    device_options = ("--tier", "gold")

    def setUp(self):
        super().setUp()
        self.packages = [self.make_fees("1.0.0"), self.make_fees("1.1.0", at_least=900)]
        for package in self.packages:
            self.take(package)
        self.baseline, self.gray = map(self.manifest_digest, self.packages)

    def wallet(self):
        child = subprocess.Popen([BIN / "airlock-device", "fee", "--dir", self.dir / "device", "--follow"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment())
        self.children.append(child)
        return child

    def ask(self, wallet, line=SWAP):
        wallet.stdin.write(line + "\n")
        wallet.stdin.flush()
        return json.loads(wallet.stdout.readline())

    def wait_for(self, holds, what, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                return time.monotonic()
            time.sleep(0.05)
        self.fail(f"waited in vain for {what}")

    def create(self, policy):
        return self.operator("experiment", "create", "--name", "fees", "--baseline", self.baseline, "--policy", policy,
                             "--share", "100", "--why", "journey")

    def experiments(self):
        return json.loads(self.operator("experiment", "list", "--json"))["experiments"][0]


class Advised(Advising):
    def setUp(self):
        super().setUp()
        self.device("fees", "--restore", "1.0.0")

    def test_a_wallet_serves_the_gray_policy_tells_of_payments_and_is_given_the_baseline_back(self):
        self.create(self.gray)
        wallet = self.wallet()
        self.wait_for(lambda: self.ask(wallet)["version"] == "1.1.0", "the gray policy")
        said = self.ask(wallet)
        self.assertEqual((said["total"], said["manifest"], said["advice"]),
                         ("900", self.gray, {"experiment": 1, "arm": "gray"}))
        self.assertEqual(self.ask(wallet, "{paid: true, ms: 120}"), {"noted": True})
        self.assertEqual(self.ask(wallet, "{paid: false, ms: 80}"), {"noted": False})  # of no quote
        self.ask(wallet)
        self.assertEqual(self.ask(wallet, "{paid: false, ms: 80}"), {"noted": True})
        self.assertEqual(self.ask(wallet, "{paid: maybe, ms: 80}")["refused"], "wrong_type")
        counted = lambda: (self.dir / "device/fees/wallet.json").read_text()
        self.wait_for(lambda: '"sending":[]' in counted() and '"waiting":[]' in counted(), "the outcomes to be told")
        metrics = subprocess.run(["curl", "-s", "--cacert", self.dir / "ca.pem", f"{self.url}/metrics"],
                                 capture_output=True, text=True, check=True).stdout
        self.assertRegex(metrics, r'airlock_payments_total\{[^}]*arm="gray"[^}]*result="succeeded"[^}]*\} 1\n')
        self.assertRegex(metrics, r'airlock_payments_total\{[^}]*arm="gray"[^}]*result="failed"[^}]*\} 1\n')
        self.operator("experiment", "rollback", "1", "--why", "customers complain")
        begun = time.monotonic()
        back = self.wait_for(lambda: self.ask(wallet)["version"] == "1.0.0", "the baseline")
        print(f"the wallet serves the baseline again {back - begun:.1f} s after the rollback")
        self.assertLess(back - begun, 12)
        wallet.stdin.close()
        self.assertEqual(wallet.wait(), 0)
        self.assertEqual(self.charged(), ("1.0.0", "1000"))

    def test_a_wallet_whose_server_is_not_reached_serves_the_baseline_and_never_the_gray_policy(self):
        newest = self.make_fees("1.2.0", at_least=800)
        self.take(newest)
        self.create(self.manifest_digest(newest))
        wallet = self.wallet()
        self.wait_for(lambda: self.ask(wallet)["advice"], "advice")
        self.assertEqual(self.ask(wallet)["version"], "1.2.0")
        self.server.kill()
        self.server.wait()
        self.assertEqual(self.charged(), ("1.0.0", "1000"))  # a process that heard nothing itself
        begun = time.monotonic()
        back = self.wait_for(lambda: self.ask(wallet)["version"] == "1.0.0", "the baseline", 60)
        print(f"the wallet serves the baseline {back - begun:.1f} s after its server was gone")
        self.assertEqual((self.ask(wallet)["advice"], self.ask(wallet, "{paid: true, ms: 1}")), (None, {"noted": False}))
        self.assertEqual(self.fees()["in_use"]["version"], "1.2.0")

    def test_an_experiment_by_tier_reaches_the_wallets_of_that_tier(self):
        for name in ("silver", "gold"):
            (self.dir / f"{name}.json").write_text(json.dumps(
                {"name": name, "baseline": self.baseline, "arms": [{"name": "gray", "policy": self.gray}],
                 "ramp": [{"share": 10000}], "tiers": [name]}))
            self.operator("experiment", "create", "--file", f"{name}.json", "--why", "journey")
        wallet = self.wallet()
        self.wait_for(lambda: self.ask(wallet)["advice"], "advice")
        said = self.ask(wallet)
        self.assertEqual((said["version"], said["advice"]), ("1.1.0", {"experiment": 2, "arm": "gray"}))

    def test_advice_chooses_among_what_is_kept_and_nothing_else(self):
        absent = self.make_fees("1.2.0", at_least=800)
        self.publish(absent)
        absent = self.manifest_digest(absent)
        self.create(absent)
        wallet = self.wallet()
        self.wait_for(lambda: absent in (self.dir / "device/fees/wallet.json").read_text()
                      if (self.dir / "device/fees/wallet.json").exists() else False, "the advice")
        said = self.ask(wallet)
        self.assertEqual((said["version"], said["advice"]), ("1.0.0", None))
        self.assertEqual(self.ask(wallet, "{paid: true, ms: 1}"), {"noted": False})
        # One process of a device asks.
        self.refuses("busy", self.device, "fee", "--follow")

    def test_advice_is_no_way_below_the_floor(self):
        self.create(self.gray)
        wallet = self.wallet()
        self.wait_for(lambda: self.ask(wallet)["version"] == "1.1.0", "the gray policy")
        self.device("install", self.make_fees("1.2.0", at_least=800, security=2))
        said = self.ask(wallet)
        self.assertEqual((said["version"], said["advice"]), ("1.2.0", None))


class OverAndOver(Advising):
    def test_once_an_experiment_is_over_new_policies_come_into_use_and_another_one_begins(self):
        self.create(self.gray)
        wallet = self.wallet()
        self.wait_for(lambda: self.ask(wallet)["version"] == "1.1.0", "the gray policy")
        self.refuses("conflict", self.create, self.gray)  # one at a time speaks of a wallet
        self.operator("experiment", "rollback", "1", "--why", "customers complain")
        self.wait_for(lambda: self.ask(wallet)["version"] == "1.0.0", "the baseline")
        mended = self.make_fees("1.2.0", at_least=800)
        self.take(mended)
        self.wait_for(lambda: self.ask(wallet)["version"] == "1.2.0", "what was released to everybody")
        self.assertEqual(self.charged(), ("1.2.0", "800"))
        self.baseline = self.manifest_digest(mended)
        self.create(self.gray)
        self.wait_for(lambda: self.ask(wallet)["advice"] == {"experiment": 2, "arm": "gray"}, "the second experiment")
        self.operator("experiment", "end", "2", "--adopt", "gray", "--why", "as good as the other")
        self.wait_for(lambda: self.ask(wallet)["advice"] is None, "the end of the experiment")
        self.assertEqual(self.ask(wallet)["version"], "1.1.0")
        self.operator("experiment", "rollback", "2", "--why", "it was not")
        self.wait_for(lambda: self.ask(wallet)["version"] == "1.2.0", "the baseline of the second one")


class AdvisedInPrivate(Advising):
    """A wallet that names itself to no server takes part in nothing: what is only tried never reaches it."""

    device_options = ("--private",)

    def test_has_what_everybody_has(self):
        self.operator("experiment", "create", "--name", "fees", "--baseline", self.baseline, "--policy", self.gray,
                      "--created", "--why", "journey")
        wallet = self.wallet()
        self.wait_for(lambda: self.ask(wallet)["version"] == "1.0.0", "the baseline")
        self.operator("experiment", "resume", "1", "--why", "go")
        self.operator("experiment", "ramp", "1", "--share", "100", "--why", "looked at by hand")
        time.sleep(12)  # it asks every ten seconds
        self.assertEqual((self.ask(wallet)["version"], self.ask(wallet)["advice"]), ("1.0.0", None))
        self.operator("experiment", "end", "1", "--adopt", "gray", "--why", "as good as the other")
        self.wait_for(lambda: self.ask(wallet)["version"] == "1.1.0", "what is everybody's now")


if __name__ == "__main__":
    main()
