"""Keys that rest in a token: a member of the committee signs with one, and so does the timestamp's host."""
from guide import *

MODULE = next((path for path in ("/usr/lib/softhsm/libsofthsm2.so",) if pathlib.Path(path).exists()), None)
PIN = "2468"


needs_softhsm = unittest.skipUnless(MODULE, "the package softhsm2 is not installed")


class WithToken(Guided):
    """A vendor, and a token in software."""

    def setUp(self):
        super().setUp()
        self.make_vendor()
        (self.dir / "tokens").mkdir()
        (self.dir / "softhsm2.conf").write_text(f"directories.tokendir = {self.dir}/tokens\nlog.level = ERROR\n")
        (self.dir / "pin").write_text(PIN + "\n")
        (self.dir / "not-ours").write_text("leak:libsofthsm2.so\n")
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "Committee", "--so-pin", "1357",
                        "--pin", PIN], check=True, capture_output=True, env=self.environment())

    def environment(self, extra=None):
        """The sanitizer is told what SoftHSM forgets; only its slow unwinder sees whose it was."""
        return super().environment({"SOFTHSM2_CONF": str(self.dir / "softhsm2.conf"),
                                    "ASAN_OPTIONS": "fast_unwind_on_malloc=0",
                                    "LSAN_OPTIONS": f"suppressions={self.dir}/not-ours:print_suppressions=0",
                                    **(extra or {})})

    def uri(self, name):
        return f"pkcs11:token=Committee;object={name}?module-path={MODULE}&pin-source=file:{self.dir}/pin"

    def make_key(self, name, curve):
        self.airlock("keys", "token", self.uri(name), "--curve", curve, "--out", f"{name}.pub")

    def replace_in_keyring(self, signer, half):
        self.airlock("keyring", "draft", "--from", "keys/keyring.cose", "--replace", f"{signer}={half}", "--out", "next.cose")
        for root in ("root-1", "root-2", "root-3"):
            self.sign("next.cose", root)

    def pull_when_it_signs(self, name):
        """URI and environment of a token that is pulled out in the middle of its next signature, and whose module then
        hangs; the file `pulled` is made at that moment."""
        self.pulled = self.dir / f"pulled-{name}"
        return (self.uri(name).replace(MODULE, str(BIN / "fake_token_module.so")),
                {"FAKE_TOKEN_MODULE": MODULE, "FAKE_TOKEN_PULLED": str(self.pulled), "FAKE_TOKEN_PULLED_BY_SIGNING": "1"})

    def tell_time_until_end(self, command):
        """For whoever wants to know; what it takes on a busy machine proves nothing."""
        passed = time.time() - self.pulled.stat().st_mtime
        print(f"{command}: the error came {1000 * passed:.0f} ms after the pull", flush=True)


@needs_softhsm
class Tokens(WithToken):
    def sign_by_token(self, name, package):
        self.airlock("sign", "--key", self.uri(name), package, "--digest", self.manifest_digest(package))

    def test_a_release_is_signed_in_a_token(self):
        self.make_key("vendor", "secp256k1")
        self.replace_in_keyring("vendor", "vendor.pub")
        package = self.make_release("1.0.0", firmware(40_000, 1), signers=("committee-1", "committee-2"))
        self.refuses("quorum_missing", self.publish, package, keyring="next.cose")
        self.sign_by_token("vendor", package)
        self.publish(package, keyring="next.cose")

    def test_an_operator_whose_key_rests_in_a_token_starts_a_rollout(self):
        self.make_certificates()
        package = self.make_release("1.0.0", firmware(40_000, 1))
        self.publish(package)
        self.start_server()
        self.make_key("olivia", "p256")
        self.openssl("x509", "-req", "-in", "admin.csr", "-force_pubkey", "olivia.pub", "-CA", "ca.pem", "-CAkey", "ca.key",
                     "-CAcreateserial", "-out", "olivia.pem", "-days", "1", "-extfile", "admin.ext")
        create = ("rollout", "create", "--manifest", self.manifest_digest(package), "--share", "100", "--why", "journey",
                  "--json", "--admin", self.admin_url, "--cert", "olivia.pem", "--ca", "ca.pem", "--key")
        self.assertEqual(json.loads(self.airlock(*create, self.uri("olivia")))["share"], 10000)
        self.refuses("tls_failed", self.airlock, *create, self.uri("nobody"))
        self.refuses("pin_in_uri", self.airlock, *create, f"pkcs11:token=Committee;object=olivia?pin-value={PIN}")

    def test_a_member_signs_by_two_keys_in_a_token_and_one_in_a_file(self):
        self.make_key("anna-1", "ed25519")
        self.make_key("anna-2", "secp256k1")
        self.airlock("keys", "make", "anna-3", "--algorithm", "slh-dsa")
        halves = [(self.dir / f"anna-{n}.pub").read_text() for n in (1, 2, 3)]
        (self.dir / "anna.pub").write_text("".join(halves))
        self.replace_in_keyring("committee-1", "anna.pub")
        package = self.make_release("1.0.0", firmware(40_000, 1), signers=("vendor", "committee-2"))
        self.sign_by_token("anna-1", package)
        self.sign_by_token("anna-2", package)
        refused = self.refuses("quorum_missing", self.publish, package, keyring="next.cose")
        self.assertIn("committee-1 signed by ed25519 and secp256k1, slh-dsa is missing", refused.text)
        self.airlock("sign", "--key", "anna-3.key", package, "--digest", self.manifest_digest(package))
        self.publish(package, keyring="next.cose")

    def test_the_public_half_can_be_written_again(self):
        self.make_key("vendor", "ed25519")
        self.airlock("keys", "token", self.uri("vendor"), "--out", "again.pub")
        self.assertEqual((self.dir / "again.pub").read_text(), (self.dir / "vendor.pub").read_text())
        self.refuses("exists_already", self.airlock, "keys", "token", self.uri("vendor"), "--curve", "ed25519",
                     "--out", "third.pub")

    def test_a_pin_on_the_command_line_is_refused_and_not_repeated(self):
        refused = self.refuses("pin_in_uri", self.airlock, "keys", "token",
                               f"pkcs11:token=Committee;object=x?pin-value={PIN}", "--out", "x.pub")
        self.assertNotIn(PIN, refused.text)

    def let_it_sign_timestamps(self, half):
        self.airlock("repo", "rotate", "--repo", "repo", "--role", "timestamp", "--add", half)
        (draft,) = json.loads(self.airlock("repo", "sign", "--repo", "repo", "--json"))["drafts"]
        self.airlock("repo", "sign", "--repo", "repo", "--key", "keys/repo-root.key", "--digest", draft["digest"])

    def test_a_token_that_is_pulled_while_it_signs_ends_the_command(self):
        package = self.make_release("1.0.0", firmware(40_000, 1), signers=())
        sign = ("sign", package, "--digest", self.manifest_digest(package), "--key")
        commands = {"ed25519": sign, "secp256k1": sign, "p256": ("repo", "timestamp", "--repo", "repo", "--key")}
        signed = (package / "manifest.cose", self.dir / "repo/metadata/timestamp.json")
        for curve, command in commands.items():
            self.make_key(curve, curve)
            if command != sign:
                self.let_it_sign_timestamps(f"{curve}.pub")
            before = [path.read_bytes() for path in signed]
            uri, env = self.pull_when_it_signs(curve)
            self.refuses("token_gone", self.airlock, *command, uri, env=env)
            self.tell_time_until_end(f"airlock {command[0]}, {curve}")
            self.assertEqual([path.read_bytes() for path in signed], before)
            self.airlock(*command, self.uri(curve))
            self.assertNotEqual([path.read_bytes() for path in signed], before)

    def test_a_token_that_is_not_there_is_named(self):
        package = self.make_release("1.0.0", firmware(40_000, 1), signers=())
        self.refuses("token_missing", self.sign_by_token, "nobody", package)
        self.make_key("vendor", "ed25519")
        (pulled,) = (self.dir / "tokens").iterdir()
        pulled.rename(self.dir / "pulled")
        self.refuses("token_missing", self.sign_by_token, "vendor", package)
        (self.dir / "pulled").rename(pulled)
        self.sign_by_token("vendor", package)


@needs_softhsm
class CeremonyInAToken(WithToken):
    """docs/guides/run-a-signing-ceremony.md, its commands as they are printed, by a signer whose keys rest in a token."""

    guide = "run-a-signing-ceremony.md"
    named = '--key "pkcs11:token=Committee;object=anna"'  # as the guide has it

    def setUp(self):
        super().setUp()
        self.make_key("anna", "secp256k1")
        self.replace_in_keyring("vendor", "anna.pub")
        (self.dir / "next.cose").rename(self.dir / "keyring.cose")
        self.package = self.make_release("1.0.0", firmware(40_000, 1), signers=("committee-1", "committee-2"))
        shutil.copy(self.package / "manifest.cose", self.dir)

    def hold(self, *last, key=named, env=None):
        """The ceremony; `last` is what is asked behind the digest. Returns the screen and the exit status."""
        ((command, _),) = blocks_of(self.guide, "The ceremony")[0]
        self.assertIn("--key anna.key", command)
        answers = [("Type yes", "yes\n"), ("With whom", "Ben\n"), ("Type scanned", "scanned\n"), (SIGNS, digits_on), *last]
        return self.at_terminal(command.replace("--key anna.key", key), answers, env)

    def test_a_signer_is_led_through_and_others_check_what_the_token_sealed(self):
        self.assertIn(self.named, (GUIDES / self.guide).read_text())
        screen, status = self.hold(("PIN for", PIN + "\n"), env={"AIRLOCK_PASSPHRASE": None})
        self.assertEqual(status, 0, screen)
        self.assertIn("The quorum is complete.", screen)
        self.assertNotIn(PIN, screen.split("PIN for")[1])
        self.assertIn(", vendor.", self.follow("Afterwards"))
        shutil.copy(self.dir / "manifest.cose", self.package)
        self.publish(self.package, keyring="keyring.cose")

    def test_a_token_that_is_pulled_while_it_signs_leaves_nothing_signed(self):
        uri, env = self.pull_when_it_signs("anna")
        before = (self.dir / "manifest.cose").read_bytes()
        screen, status = self.hold(key=f'--key "{uri}"', env=env)
        self.assertEqual(status, 1, screen)
        self.assertIn("error: token_gone", screen)
        self.tell_time_until_end("airlock ceremony sign, secp256k1")
        self.assertEqual((self.dir / "manifest.cose").read_bytes(), before)
        self.refuses("transcript_unsealed", self.airlock, "ceremony", "audit", "anna.transcript")


main()
