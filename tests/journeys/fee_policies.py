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
        self.assertIn("together 10000000, rounded once, half-up", told)
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
        self.assertIn("dearer: a-small-swap-pays-the-minimum: 500 to partner, treasury, now 1000 to partner, treasury", said)
        self.assertIn("no rule and no golden case changed", self.fee("diff", older, older))

    def test_a_batch_answers_line_by_line(self):
        lines = ['{"chain": "eip155:1", "operation": "swap", "amount": "1000000000"}', "{chain: eip155:1, amount: 1.5}", "{chain: x, amount: 1}",
                 "{chain: eip155:1, operation: swap, amount: %d}" % (LARGEST + 1), "[", ""]
        said = self.fee("eval", EXAMPLE / "fees.yaml", "--batch", given="\n".join(lines) + "\n").splitlines()
        answers = [json.loads(line) for line in said]
        self.assertEqual(answers[0]["total"], "5000000")
        self.assertEqual([answer["refused"] for answer in answers[1:]],
                         ["bad_amount", "no_rule_matches", "bad_amount", "bad_yaml", "bad_yaml"])

    def test_hostile_yaml_is_refused_at_once(self):
        bomb = "a: &a [x, x]\n" + "".join(f"b{n}: [*a, *a, *a]\n" for n in range(1000))
        for text, code in ((bomb, "bad_yaml"), ("[" * 1_000_000, "oversized"), ("[" * 200_000, "too_deep"), ("a: 1\na: 2\n", "duplicate_key"),
                           ("airlock_fee_policy: 1\nversion: 1.0.0\nrounding: .nan\n", "bad_policy")):
            path = self.dir / "hostile.yaml"
            path.write_text(text)
            self.assertIn(code, self.fee("check", path, status=1))


if __name__ == "__main__":
    main()
