"""A native fee plugin from its source to what a wallet charges over the air, and back again."""
import subprocess

from fee_plugins import BUILD
from fee_policy_updates import SWAP, Fees

from stage import *

# Vendor and committee, each of that by every algorithm: as for firmware.
QUORUM = ("vendor", "committee-1", "committee-2")
HEADERS = pathlib.Path(__file__).resolve().parents[2] / "engine" / "fee" / "plugin" / "abi"
# By whatever layers this machine has; the tests of the engine say what each of them keeps.
LACKING = ("--may-lack", "namespaces", "--may-lack", "files")
WALLET = ("--plugins-may-lack", "namespaces", "--plugins-may-lack", "files", "--plugin-budget", "5000")


def source(version, fee=700, stated=None, then="", abi=None):
    """A plugin that charges so much of an amount of 5, and `then` what a body says of another one."""
    about = (f'AIRLOCK_FEE_PLUGIN("flat", "{version}");' if abi is None else
             "const airlock_fee_plugin_about airlock_fee_plugin = "
             f'{{AIRLOCK_FEE_PLUGIN_MAGIC, {abi}, sizeof(airlock_fee_situation), sizeof(airlock_fee_answer), "flat", "{version}"}};')
    return ('#include <airlock_fee_plugin.h>\n#include <string.h>\n' + about + '\n'
            'const char airlock_fee_plugin_golden[] = "golden:\\n  - {name: one, given: {chain: \\"eip155:1\\", operation: swap, '
            f'amount: 5}}, expect: {{rule: flat, total: {fee if stated is None else stated}}}}}\\n";\n'
            "int airlock_fee_plugin_evaluate(const airlock_fee_situation* asked, airlock_fee_answer* answer) {\n"
            f"  unsigned fee = {fee};\n  if (asked->amount[31] != 5) {{ {then} }}\n"
            '  strcpy(answer->rule, "flat");\n  strcpy(answer->shares[0].recipient, "treasury");\n  answer->share_count = 1;\n'
            "  for (int i = 0; i < 4; ++i) answer->fee[31 - i] = (uint8_t)(fee >> (8 * i));\n"
            "  memcpy(answer->shares[0].amount, answer->fee, 32);\n  return AIRLOCK_FEE_NAMED;\n}\n")


class Plugins(Fees):
    """A wallet that takes native plugins, and has a policy."""

    device_options = ("--fee-plugins", "confined", *WALLET)
    POLICY = ("1.0.0", "1000", None, None)

    def setUp(self):
        super().setUp()
        if shutil.which("cc") is None:
            self.skipTest("no C compiler is installed")
        self.take(self.make_fees("1.0.0"))

    def build(self, version, text=None, **rule):
        path = self.dir / f"plugin-{version}.so"
        path.with_suffix(".c").write_text(text or source(version, **rule))
        made = subprocess.run(["cc", *BUILD, "-nostartfiles", "-I", HEADERS, "-o", path, path.with_suffix(".c")],
                              capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        return path

    def make_plugin(self, version, text=None, security=1, signers=QUORUM, extra=(), out=None, **rule):
        path = self.build(version, text, **rule)
        args = ("release", "fee-plugin", "--model", "*", "--version", version, "--security-version", security, "--valid-for", "90d")
        recipe = None if extra else (args, path.read_bytes())
        return self.make_once(recipe, (*args, "--plugin", path, *LACKING, *extra), out or f"plugin-{version}", signers)

    def make_unjudged(self, path, version, signers=QUORUM):
        """As a publisher's tool of another kind might make it."""
        out = f"unjudged-{version}"
        self.run_program("make_release", path, version, out)
        for signer in signers:  # by the envelope alone: whoever sees the plugin does not sign it
            self.sign(f"{out}/manifest.cose", signer)
        return self.dir / out

    def publish(self, package, keyring="keys/keyring.cose"):
        self.airlock("publish", package, "--repo", "repo", "--keys", "keys", "--keyring", keyring, *LACKING,
                     timeout=DIFF_SECONDS_MAX)
        self.sign_timestamp()

    def said(self, line=SWAP):
        return json.loads(self.device("fee", line, "--json"))

    def charged(self):
        said = self.said()
        return said["version"], said["total"], said["plugin"], said["instead_of"]


class FeePluginUpdates(Plugins):
    def test_a_plugin_comes_over_the_air_and_the_next_one_after_it(self):
        self.assertEqual(self.charged(), self.POLICY)
        first = self.make_plugin("2.0.0", extra=("--limits", self.limits))
        self.take(first)
        self.assertEqual(self.charged(), ("2.0.0", "700", "confined", None))
        said = self.said()
        self.assertEqual(said["digest"], hashlib.sha256((self.dir / "plugin-2.0.0.so").read_bytes()).hexdigest())
        self.assertEqual((said["manifest"], said["pay"]), (self.manifest_digest(first), {"treasury": "700"}))
        self.take(self.make_plugin("2.1.0", fee=600, security=2))
        self.assertEqual(self.charged(), ("2.1.0", "600", "confined", None))
        self.assertIn("of plugin 2.1.0", self.device("fee", SWAP))
        kept = self.status()["plugins"]
        self.assertEqual((kept["in_use"]["version"], [one["version"] for one in kept["kept"]]), ("2.1.0", ["2.0.0"]))
        floors = self.status()["floors"]
        self.assertEqual((floors["fee-plugin"], floors["fee-policy"]), (2, 1))
        self.assertEqual(self.fees()["in_use"]["version"], "1.0.0")
        self.assert_runs("1.0.0", firmware(40_000, 1))

    def test_whoever_signs_is_shown_what_it_is(self):
        package = self.make_plugin("2.0.0", signers=())
        digest = self.manifest_digest(package)
        shown = self.airlock("sign", "--key", "keys/vendor.key", package, "--digest", digest)
        library = hashlib.sha256((self.dir / "plugin-2.0.0.so").read_bytes()).hexdigest()
        for words in ("plugin   flat 2.0.0", library, "machine  ", "needs    nothing"):
            self.assertIn(words, shown)
        self.assertEqual(self.inspect(package)["fee_plugin"]["digest"], library)

    def test_only_its_own_quorum_can_sign_it(self):
        package = self.make_plugin("2.0.0", signers=("vendor",))
        self.refuses("quorum_missing", self.device, "install", package)
        self.sign(package, "finance-1")  # with vendor the quorum of a fee policy
        self.refuses("quorum_missing", self.device, "install", package)
        self.refuses("quorum_missing", self.publish, package)
        for signer in QUORUM[1:]:
            self.sign(package, signer)
        self.device("install", package)
        self.assertEqual(self.charged(), ("2.0.0", "700", "confined", None))

    def test_a_publisher_releases_no_plugin_that_a_wallet_would_refuse(self):
        self.refuses("fee_case_failed", self.make_plugin, "2.0.0", stated=701)
        self.refuses("fee_over_cap", self.make_plugin, "2.0.0", fee=5001, extra=("--limits", self.limits))
        self.refuses("plugin_abi_version", self.make_plugin, "2.0.0", abi=2)
        self.refuses("usage", self.make_plugin, "2.0.0", text=source("2.0.1"))
        other = bytearray(self.build("2.0.0").read_bytes())
        other[18] ^= 1  # e_machine
        (self.dir / "other.so").write_bytes(other)
        self.refuses("plugin_wrong_machine", self.airlock, "release", "fee-plugin", "--model", "*", "--version", "2.0.0",
                     "--security-version", 1, "--plugin", self.dir / "other.so", "--out", "other", *LACKING)

    def test_a_device_refuses_what_no_publisher_judged_and_keeps_its_plugin(self):
        self.take(self.make_plugin("2.0.0"))
        other = bytearray(self.build("2.4.0").read_bytes())
        other[18] ^= 1
        (self.dir / "plugin-2.4.0.so").write_bytes(other)
        for code, version, path in (
                ("fee_case_failed", "2.1.0", self.build("2.1.0", stated=701)),
                ("fee_over_cap", "2.2.0", self.build("2.2.0", fee=5001)),
                ("plugin_abi_version", "2.3.0", self.build("2.3.0", abi=2)),
                ("plugin_wrong_machine", "2.4.0", self.dir / "plugin-2.4.0.so"),
                ("plugin_malformed", "2.5.0", self.build("2.6.0"))):  # it says another version
            package = self.make_unjudged(path, version)
            if code != "fee_over_cap":  # whose wallet that is, no publisher knows
                self.refuses(code, self.publish, package)
            self.refuses(code, self.device, "install", package)
            self.assert_ended(code, "verifying")
            self.assertEqual(self.charged(), ("2.0.0", "700", "confined", None))

    def test_the_policy_answers_where_a_plugin_crashes_hangs_or_answers_nonsense(self):
        for version, then, code in (("2.0.0", "*(volatile char*)0 = 1;", "plugin_crashed"),
                                    ("2.1.0", "for (;;) {}", "plugin_over_budget"),
                                    ("2.2.0", "return 99;", "plugin_misanswers")):
            self.take(self.make_plugin(version, then=then))
            self.assertEqual(self.charged(), ("1.0.0", "1000", None, code))
            self.assertEqual(self.said(SWAP.replace("3000000000", "5"))["version"], version)

    def test_no_answer_of_a_plugin_passes_the_wallets_own_limits(self):
        self.take(self.make_plugin("2.0.0", then="fee = 5001;"))
        self.refuses("fee_over_cap", self.device, "fee", SWAP)

    def test_a_kept_plugin_is_restored_but_never_below_the_floor(self):
        self.take(self.make_plugin("2.0.0"))
        self.take(self.make_plugin("2.1.0", fee=600))
        self.device("plugins", "--restore", "2.0.0")
        self.assertEqual(self.charged(), ("2.0.0", "700", "confined", None))
        self.device("run", "--until-quiet")  # what the owner left does not come back by itself
        self.assertEqual(self.charged(), ("2.0.0", "700", "confined", None))
        self.device("install", self.make_plugin("2.2.0", fee=500, security=2))
        self.refuses("below_floor", self.device, "plugins", "--restore", "2.1.0")
        self.assertEqual(self.charged(), ("2.2.0", "500", "confined", None))

    def test_a_kept_file_that_is_changed_is_not_loaded(self):
        self.take(self.make_plugin("2.0.0"))
        stored = next((self.dir / "device/plugins").glob("*.so"))
        stored.write_bytes(stored.read_bytes()[:-1] + b"!")
        self.assertEqual(self.charged(), ("1.0.0", "1000", None, "image_rejected"))

    def test_a_device_that_runs_no_plugins_takes_none(self):
        self.make_device(self.dir / "release-1.0.0", name="bare", extra=("--fee-limits", self.limits))
        package = self.make_plugin("2.0.0")
        self.refuses("wrong_kind", self.device, "install", package, name="bare")
        self.publish(package)
        self.roll_out(package)
        self.assertNotIn("2.0.0", self.device("run", "--until-quiet", name="bare"))
        self.refuses("usage", self.make_device, self.dir / "release-1.0.0", name="unlimited", extra=("--fee-plugins", "confined"))

    def test_a_wallet_that_runs_swaps_plugins_between_two_questions(self):
        self.take(self.make_plugin("2.0.0"))
        wallet = subprocess.Popen([BIN / "airlock-device", "fee", "--dir", self.dir / "device", "--follow"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment())
        self.children.append(wallet)

        def ask():
            wallet.stdin.write(SWAP + "\n")
            wallet.stdin.flush()
            return json.loads(wallet.stdout.readline())["version"]
        self.assertEqual(ask(), "2.0.0")
        self.take(self.make_plugin("2.1.0", fee=600))
        self.assertEqual(ask(), "2.1.0")
        self.device("plugins", "--restore", "2.0.0")
        self.assertEqual(ask(), "2.0.0")
        wallet.stdin.close()
        self.assertEqual(wallet.wait(), 0)


class InTheWallet(Plugins):
    """A wallet whose maker wants plugins as parts of it."""

    device_options = ("--fee-plugins", "in-process", *WALLET)

    def consent(self, package):
        return self.device("install", package, "--consent", self.manifest_digest(package))

    def test_only_where_the_owner_consented_to_that_very_one(self):
        package = self.make_plugin("2.0.0")
        self.refuses("not_interactive", self.device, "install", package)
        self.device("install", package, "--refuse")
        self.assertEqual(self.charged(), self.POLICY)
        self.refuses("consent_mismatch", self.device, "install", package, "--consent", "ab" * 32)
        self.assertEqual(self.charged(), self.POLICY)
        self.consent(package)
        self.assertEqual(self.charged(), ("2.0.0", "700", "in-process", None))
        self.consent(self.make_plugin("2.1.0", fee=600))
        self.assertEqual(self.charged(), ("2.1.0", "600", "in-process", None))
        self.device("plugins", "--restore", "2.0.0")  # to which the owner said yes before
        self.assertEqual(self.charged(), ("2.0.0", "700", "in-process", None))

    def test_a_plugin_that_no_owner_consented_to_runs_confined(self):
        config = self.dir / "device/config.json"
        config.write_text(config.read_text().replace("in-process", "confined"))
        self.device("install", self.make_plugin("2.0.0"))
        config.write_text(config.read_text().replace("confined", "in-process"))
        self.assertEqual(self.charged(), ("2.0.0", "700", "confined", None))

    def test_a_plugin_that_the_quorum_of_firmware_did_not_sign_runs_confined(self):
        self.airlock("keyring", "draft", "--from", "keys/keyring.cose", "--policy", "fee-plugin=vendor:1,committee:1",
                     "--out", "keyring-2.cose")
        for signer in ("root-1", "root-2", "root-3"):
            self.sign("keyring-2.cose", signer)
        self.device("install", "keyring-2.cose", "--consent", self.manifest_digest("keyring-2.cose"))
        fewer = self.make_plugin("2.0.0", signers=("vendor", "committee-1"))
        self.consent(fewer)
        self.assertEqual(self.charged(), ("2.0.0", "700", "confined", None))
        self.consent(self.make_plugin("2.1.0", fee=600))
        self.assertEqual(self.charged(), ("2.1.0", "600", "in-process", None))


if __name__ == "__main__":
    main()
