"""A native fee plugin from its source to what it charges, as its author tries it."""
import subprocess
import unittest

from stage import *

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "fee-plugin" / "squared.c"
BUILD = ("-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-z,relro,-z,now", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
# By whatever layers this machine has; the tests of the engine say what each of them keeps.
LACKING = ("--may-lack", "namespaces", "--may-lack", "files")
ASKED = ("--chain", "eip155:1", "--operation", "swap", "--amount", 1_000_000, "--congestion", "50%")


@unittest.skipIf(shutil.which("cc") is None, "no C compiler is installed")
class FeePlugins(Stage):
    def setUp(self):
        super().setUp()
        self.tool("cmake", "--install", BIN, "--component", "fee", "--prefix", "prefix")
        self.plugin = self.build(EXAMPLE.read_text())

    def tool(self, *args):
        ran = subprocess.run([str(arg) for arg in args], capture_output=True, text=True, cwd=self.dir)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def build(self, source, *flags, start=("-nostartfiles",)):
        (self.dir / "fee.c").write_text(source)
        self.tool("cc", *BUILD, *start, *flags, "-I", "prefix/include", "-o", "fee.so", "fee.c")
        return self.dir / "fee.so"

    def plugins(self, *arguments, status=0):
        ran = subprocess.run([str(BIN / "airlock"), "fee", "plugin", *map(str, arguments)], capture_output=True, text=True, cwd=self.dir)
        self.assertEqual(ran.returncode, status, ran.stdout + ran.stderr)
        return ran.stdout if status == 0 else ran.stderr

    def evaluate(self, *arguments):
        return json.loads(self.plugins("eval", self.plugin, *arguments, *LACKING, "--json"))

    def test_the_example_is_judged_and_answers(self):
        said = json.loads(self.plugins("check", self.plugin, "--json"))
        self.assertEqual((said["name"], said["version"], said["golden_cases"]), ("congestion-squared", "1.0.0", 5))
        self.assertEqual(said["needs"], ["libc.so.6"])
        self.assertNotIn("rwx", {segment["rights"] for segment in said["segments"]})
        answer = self.evaluate(*ASKED)
        self.assertEqual((answer["total"], answer["pay"]), ("2000", {"partner": "200", "treasury": "1800"}))
        self.assertEqual((answer["digest"], answer["rule"]), (said["digest"], "squared"))
        self.assertLessEqual({"privileges", "limits", "calls"}, set(answer["confined_by"]))

    def test_amounts_of_256_bits(self):
        answer = self.evaluate(*ASKED[:4], "--amount", 2**256 - 1, "--congestion", "100%")
        self.assertEqual(int(answer["total"]), (2**256 - 1) * 50_000 // 10_000_000)

    def test_a_golden_case_that_comes_out_otherwise(self):
        self.build(EXAMPLE.read_text().replace("total: 2000, pay", "total: 2001, pay"))
        said = self.plugins("eval", self.plugin, *ASKED, *LACKING, status=1)
        self.assertIn("fee_case_failed", said)
        self.assertIn("of the case half, the fee is 2000", said)

    def test_no_answer_is_above_the_wallets_cap(self):
        limits = self.dir / "limits.yaml"
        limits.write_text("airlock_fee_limits: 1\nrecipients: [partner, treasury]\ncaps: [{chain: \"*\", at_most: 1999}]\n")
        self.assertIn("fee_over_cap", self.plugins("eval", self.plugin, *ASKED, *LACKING, "--limits", limits, status=1))

    def test_what_is_linked_otherwise_is_refused_with_the_way_out(self):
        self.build(EXAMPLE.read_text(), start=())
        said = self.plugins("check", self.plugin, status=1)
        self.assertIn("plugin_constructor", said)
        self.assertIn("-nostartfiles", said)


if __name__ == "__main__":
    main()
