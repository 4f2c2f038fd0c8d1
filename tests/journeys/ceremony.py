"""A signing with others watching: a person is led through it, and anyone can check it afterwards."""
from stage import *

ZBAR = shutil.which("zbarimg")


class Ceremony(Stage):
    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.package = self.make_release("1.0.0", firmware(40_000, 1), signers=()).name
        self.digest = self.manifest_digest(self.package)

    def hold(self, *answers, key="keys/vendor.key", transcript="vendor.transcript"):
        prompts = ("Type yes", "With whom", "Type scanned", "to sign it: ")
        return self.talk("airlock", "ceremony", "sign", self.package, "--key", key, "--keyring",
                         "keys/keyring.cose", "--transcript", transcript,
                         answers=[(prompt, answer + "\n") for prompt, answer in zip(prompts, answers)])

    def hold_whole(self):
        screen, status = self.hold("yes", "Carol", "scanned", self.digest[:8])
        self.assertEqual(status, 0, screen)
        return screen

    def audit(self, *extra, transcript="vendor.transcript"):
        return json.loads(self.airlock("ceremony", "audit", transcript, "--json", *extra))

    def signatures(self):
        return self.inspect(self.dir / self.package / "manifest.cose")["signatures"]

    def test_a_person_is_led_through_and_others_can_check_it(self):
        screen = self.hold_whole()
        self.assertIn("demo-wallet", screen)
        self.assertIn(self.digest, screen)
        self.assertEqual(len(self.signatures()), 1)
        audited = self.audit("--package", self.package, "--keyring", "keys/keyring.cose")
        self.assertEqual([entry["event"] for entry in audited["entries"]],
                         ["begun", "shown", "compared", "offered as a QR code", "signed"])
        self.assertEqual(audited["entries"][2]["facts"]["with"], "Carol")
        self.assertEqual(audited["manifest"], self.digest)
        self.assertEqual([seal["signer"] for seal in audited["sealed_by"]], ["vendor"])
        for word in audited["entries"][2]["facts"]["words"].split():
            self.assertIn(word, screen)
        text = self.airlock("ceremony", "audit", "vendor.transcript", "--keyring", "keys/keyring.cose")
        self.assertIn(", vendor.", text)

    @unittest.skipUnless(ZBAR, "the package zbar-tools is not installed")
    def test_a_camera_reads_the_digest_from_the_terminal(self):
        lines = [line for line in self.hold_whole().splitlines() if set(line) & set("█▀▄")]
        rows = []
        for line in lines:  # two rows of modules to a line; what is drawn is light
            rows.append([character in "█▀" for character in line])
            rows.append([character in "█▄" for character in line])
        scale, width = 6, len(lines[0])
        pixels = b"".join(bytes(255 if light else 0 for light in row for _ in range(scale)) * scale for row in rows)
        (self.dir / "screen.pgm").write_bytes(b"P5 %d %d 255\n" % (width * scale, len(rows) * scale) + pixels)
        read = subprocess.run([ZBAR, "--quiet", "--raw", self.dir / "screen.pgm"], capture_output=True, text=True)
        self.assertEqual(read.stdout.strip(), self.digest, read.stderr)

    def test_a_pin_in_the_name_of_the_key_is_refused_before_anything_is_written(self):
        screen, status = self.hold(key="pkcs11:token=Committee;object=anna?pin-value=2468")
        self.assertNotEqual(status, 0)
        self.assertIn("pin_in_uri", screen)
        self.assertNotIn("2468", screen)
        self.assertFalse((self.dir / "vendor.transcript").exists(), "a transcript is made to be published")

    def test_whoever_cannot_sign_it_learns_so_before_anything_is_written(self):
        screen, status = self.hold(key="keys/reviewer-1.key")
        self.assertNotEqual(status, 0)
        self.assertIn("not_a_signer", screen)
        self.assertFalse((self.dir / "vendor.transcript").exists())

    def test_who_stops_half_way_signs_nothing(self):
        for number, answers in enumerate((("no",), ("yes", ""), ("yes", "Carol", ""),
                                          ("yes", "Carol", "skip", "00000000"))):
            transcript = f"stopped-{number}.transcript"
            screen, status = self.hold(*answers, transcript=transcript)
            self.assertEqual(status, 1, screen)
            self.assertEqual(self.signatures(), [])
            self.refuses("transcript_unsealed", self.audit, transcript=transcript)

    def test_a_transcript_that_was_bent_is_refused(self):
        self.hold_whole()
        path = self.dir / "vendor.transcript"
        honest = path.read_text()
        path.write_text(honest.replace("Carol", "Mallo"))
        self.refuses("bad_transcript", self.audit)
        path.write_text("\n".join(honest.splitlines()[1:]) + "\n")
        self.refuses("bad_transcript", self.audit)
        path.write_text("\n".join(honest.splitlines()[:-1]) + "\n")
        self.refuses("transcript_unsealed", self.audit)

    def test_a_transcript_speaks_of_one_package_and_of_listed_signers(self):
        self.hold_whole()
        other = self.make_release("1.1.0", firmware(40_000, 2)).name
        self.refuses("digest_mismatch", self.audit, "--package", other)
        self.airlock("keys", "init", "--dir", "fresh", timeout=KEYS_SECONDS_MAX)
        self.refuses("not_a_signer", self.audit, "--keyring", "fresh/keyring.cose")

    def test_a_transcript_is_never_written_over(self):
        self.hold_whole()
        screen, status = self.hold(key="keys/committee-1.key")
        self.assertEqual(status, 1)
        self.assertIn("exists_already", screen)

    def test_a_script_holds_no_ceremony(self):
        self.refuses("not_interactive", self.airlock, "ceremony", "sign", self.package, "--key",
                     "keys/vendor.key", "--transcript", "script.transcript")
        self.assertFalse((self.dir / "script.transcript").exists())


main()
