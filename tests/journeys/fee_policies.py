"""A fee policy from its file to what it charges, as the people who decide about fees try it."""
import subprocess

from stage import *

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "fee-policy"
LARGEST = 2**256 - 1


class FeePolicies(Stage):
    def fee(self, *arguments, status=0, given=None):
        ran = subprocess.run([str(BIN / "airlock"), "fee", *map(str, arguments)], input=given, capture_output=True, text=True, cwd=self.dir)
        self.assertEqual(ran.returncode, status, ran.stdout + ran.stderr)
        return ran.stdout if status in (0, 3) else ran.stderr

    def policy(self, name="fees.yaml", instead=()):
        text = (EXAMPLE / "fees.yaml").read_text()
        for old, new in instead:
            self.assertEqual(text.count(old), 1, old)
            text = text.replace(old, new)
        (self.dir / name).write_text(text)
        return self.dir / name

    def test_the_example_is_as_wallets_want_it(self):
        said = self.fee("check", EXAMPLE / "fees.yaml", "--limits", EXAMPLE / "wallet-limits.yaml")
        self.assertIn("5 rules, 7 golden cases as stated", said)

    def test_a_fee_and_how_it_came_to_be(self):
        asked = ("--chain", "eip155:1", "--operation", "swap", "--amount", 3_000_000_000)
        said = json.loads(self.fee("eval", EXAMPLE / "fees.yaml", *asked, "--json"))
        self.assertEqual((said["rule"], said["total"], said["version"]), ("swaps", "10000000", "1.4.0"))
        self.assertEqual(said["pay"], {"partner": "2000000", "treasury": "8000000"})
        told = self.fee("explain", EXAMPLE / "fees.yaml", *asked, "--limits", EXAMPLE / "wallet-limits.yaml")
        self.assertIn("2000000000 * 25 / 10000", told)
        self.assertIn("together 10000000 exactly", told)
        self.assertIn("limits: the wallet allows it", told)

    def test_a_fee_of_the_network_says_what_the_transaction_states(self):
        given = "{chain: eip155:1, operation: network, amount: 0, base_fee: 30000000000, priority_fees: [1, 1500000000], units: 21000}"
        said = json.loads(self.fee("eval", EXAMPLE / "fees.yaml", "--given", given, "--json"))
        self.assertEqual(said["price"], {"per_unit_max": "60001000000", "per_unit_tip": "1000000", "units": "21000"})

    def test_what_is_wrong_is_told_by_its_line(self):
        path = self.policy(instead=[("percentage: 0.10%", "percentage: 0.10")])
        said = self.fee("check", path, status=1)
        self.assertIn("bad_rate", said)
        self.assertIn("line 9, column 23: 0.10 is no rate; write a percentage or basis points, such as 0.25% or 25bp", said)

    def test_a_golden_case_that_comes_out_otherwise(self):
        path = self.policy(instead=[("rule: gold-swaps, total: 1001", "rule: gold-swaps, total: 1000")])
        said = self.fee("check", path, status=1)
        self.assertIn("fee_case_failed", said)
        self.assertIn("the fee is 1001", said)

    def test_no_policy_is_above_the_wallets_cap(self):
        said = self.fee("eval", EXAMPLE / "fees.yaml", "--chain", "eip155:1", "--operation", "swap", "--amount", LARGEST,
                        "--limits", EXAMPLE / "wallet-limits.yaml", status=1)
        self.assertIn("fee_over_cap", said)
        path = self.policy(instead=[("pay: {partner: 20%, treasury: rest}", "pay: {mallory: 20%, treasury: rest}"),
                                    ("pay: {partner: 2000000, treasury: 8000000}", "pay: {mallory: 2000000, treasury: 8000000}"),
                                    ("pay: {partner: 200, treasury: 800}", "pay: {mallory: 200, treasury: 800}")])
        self.fee("check", path)
        self.assertIn("recipient_forbidden", self.fee("check", path, "--limits", EXAMPLE / "wallet-limits.yaml", status=1))

    def test_a_rule_without_a_golden_case_is_named(self):
        path = self.policy(instead=[("golden:\n", "  - {name: rest, when: {chain: x}, fee: {fixed: 1}, pay: treasury}\n\ngolden:\n")])
        said = json.loads(self.fee("check", path, "--json", status=3))
        self.assertEqual(said["untried_rules"], ["rest"])

    def test_what_changed_and_for_whom_it_became_dearer(self):
        older = self.policy("older.yaml", instead=[("version: 1.4.0", "version: 1.3.0"), ("        at_least: 1000\n", "        at_least: 500\n"),
                                                   ("total: 1000, pay: {partner: 200, treasury: 800}", "total: 500")])
        said = self.fee("diff", older, EXAMPLE / "fees.yaml", status=3)
        self.assertIn("policy 1.3.0 to 1.4.0", said)
        self.assertIn("changed: swaps", said)
        self.assertIn("dearer: a-small-swap-pays-the-minimum: 500 (partner 100, treasury 400), now 1000 (partner 200, treasury 800)", said)
        for_partner = self.policy("partner.yaml", instead=[("partner: 20%", "partner: 50%"), ("pay: {partner: 2000000, treasury: 8000000}", "pay: {partner: 5000000, treasury: 5000000}"),
                                                           ("pay: {partner: 200, treasury: 800}", "pay: {partner: 500, treasury: 500}")])
        said = self.fee("diff", EXAMPLE / "fees.yaml", for_partner)
        self.assertIn("a-small-swap-pays-the-minimum: 1000 (partner 200, treasury 800), now 1000 (partner 500, treasury 500)", said)
        self.assertIn("no rule and no golden case changed", self.fee("diff", older, older))

    def test_a_batch_answers_line_by_line(self):
        lines = ['{"chain": "eip155:1", "operation": "swap", "amount": "1000000000"}', "{chain: eip155:1, amount: 1.5}", "{chain: x, amount: 1}",
                 "{chain: eip155:1, operation: swap, amount: %d}" % (LARGEST + 1), "", "[", "{chain: eip155:1, operation: swap, amount: 1000}"]
        ran = subprocess.run([str(BIN / "airlock"), "fee", "eval", str(EXAMPLE / "fees.yaml"), "--batch"], input="\n".join(lines) + "\n",
                             capture_output=True, text=True)
        answers = [json.loads(line) for line in ran.stdout.splitlines()]
        self.assertEqual([answers[0]["total"], answers[5]["total"]], ["5000000", "1000"])
        self.assertEqual([answer["refused"] for answer in answers[1:5]], ["bad_amount", "no_rule_matches", "bad_amount", "bad_yaml"])
        self.assertEqual([answer.get("line") for answer in answers], [None, 2, None, 4, 6, None])  # an empty line is no question
        self.assertRegex(answers[1]["why"], r"^column 27: 1\.5 is no .*; write ")
        self.assertTrue(answers[4]["why"])
        self.assertEqual((ran.returncode, ran.stderr), (1, "error: bad_amount: standard input: 3 lines could not be read, first line 2; "
                                                           "its answer says why\n"))
        self.assertEqual(self.fee("eval", EXAMPLE / "fees.yaml", "--batch", given="{chain: x, amount: 1}\n"), '{"refused":"no_rule_matches"}\n')

    def test_what_was_typed_wrong_is_told_with_what_would_be_right(self):
        eval_swap = ("eval", EXAMPLE / "fees.yaml", "--chain", "eip155:1", "--operation", "swap")
        for options, words in ((("--amount", "1e3"), "bad_amount: --amount 1e3: an amount is no whole number of smallest units below 2^256; "
                                                     "write its digits, such as 1500000\n"),
                               (("--amount", 1, "--time", "noon"), "--time noon is no time; write it in UTC, such as 2026-01-02T15:04:05Z\n"),
                               (("--amount", 1, "--congestion", "much"), "--congestion much is no share; write a percentage, such as 80%\n")):
            said = self.fee(*eval_swap, *options, status=1)
            self.assertTrue(said.endswith(words), said)
        given = "{chain: eip155:1, operation: swap, amount: 1000}"
        self.assertIn("usage: --given holds all", self.fee(*eval_swap, "--given", given, status=2))
        self.assertIn("usage: --given holds all", self.fee("explain", EXAMPLE / "fees.yaml", "--amount", 5, "--given", given, status=2))
        self.assertIn("usage: --batch reads", self.fee("eval", EXAMPLE / "fees.yaml", "--batch", "--given", given, status=2))

    def test_advice_is_given_once_and_one_rule_is_one(self):
        path = self.policy(instead=[("percentage: 0.10%", "percentage: 0.10")])
        self.assertEqual(self.fee("check", path, status=1).count("such as"), 1)
        (self.dir / "one.yaml").write_text("airlock_fee_policy: 1\nversion: 1.0.0\nrounding: down\nrules:\n  - {name: all, fee: {fixed: 1}, pay: treasury}\n"
                                           "golden:\n  - {name: a, given: {chain: x, amount: 5}, expect: {rule: all, total: 1}}\n")
        self.assertIn("1 rule, 1 golden case as stated", self.fee("check", self.dir / "one.yaml"))

    def test_hostile_yaml_is_refused_at_once(self):
        bomb = "a: &a [x, x]\n" + "".join(f"b{n}: [*a, *a, *a]\n" for n in range(1000))
        for text, code in ((bomb, "bad_yaml"), ("[" * 1_000_000, "oversized"), ("[" * 200_000, "too_deep"), ("a: 1\na: 2\n", "duplicate_key"),
                           ("airlock_fee_policy: 1\nversion: 1.0.0\nrounding: .nan\n", "bad_policy")):
            path = self.dir / "hostile.yaml"
            path.write_text(text)
            self.assertIn(code, self.fee("check", path, status=1))


if __name__ == "__main__":
    main()
