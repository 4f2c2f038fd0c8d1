"""Nothing is activated without the owner's consent to exactly that release."""
from stage import *


class Consent(Stage):
    def setUp(self):
        super().setUp()
        self.old, self.new = firmware(100_000, 1), firmware(100_000, 2)
        self.set_up(self.old, self.new)

    def assert_nobody_consented(self, code):
        """The release was proven and written, and the owner's answer is why it does not run."""
        self.assert_ended(code, "consenting")
        self.assert_runs("1.0.0", self.old)
        self.assertIsNone(self.status()["trial"])
        self.assertIn(code, self.operator("reports", "--json"))
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", self.new)

    def test_a_refusal_leaves_the_device_as_it_was(self):
        self.device("run", "--until-quiet", "--refuse")
        self.assert_nobody_consented("consent_refused")

    def test_consent_to_another_digest_is_no_consent(self):
        self.refuses("consent_mismatch", self.device, "run", "--until-quiet", "--consent", "ab" * 32)
        self.assert_nobody_consented("consent_mismatch")

    def test_consent_to_the_release_before_is_no_consent(self):
        self.refuses("consent_mismatch", self.device, "run", "--until-quiet", "--consent",
                     self.manifest_digest("release-1.0.0"))
        self.assert_nobody_consented("consent_mismatch")

    def test_the_key_y_installs_what_the_screen_shows(self):
        release = self.inspect(self.dir / "release-1.1.0" / "manifest.cose")["manifest"]
        image = hashlib.sha256(self.new).hexdigest()
        screen, status = self.talk("airlock-device", "run", "--dir", "device", "--until-quiet",
                                   answers=[("any other key for no: ", "y")])
        self.assertEqual(status, 0, screen)
        for shown in ("demo-wallet", "1.0.0", "1.1.0", release["created"], image, image[:8], release["digest"],
                      "Your seed and data stay"):
            self.assertIn(shown, screen)
        self.assert_runs("1.1.0", self.new)

    def test_without_a_terminal_and_without_a_digest_nobody_consented(self):
        self.refuses("not_interactive", self.device, "run", "--until-quiet")
        self.assert_nobody_consented("not_interactive")


main()
