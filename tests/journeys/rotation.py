"""A new keyring, signed by old and new roots: the device takes it, and the key that left is gone."""
from stage import *


class Rotation(Stage):
    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.make_certificates()
        first = self.make_release("1.0.0", firmware(80_000, 1))
        self.publish(first)
        self.start_server()
        self.make_device(first)
        (self.dir / "fresh").mkdir()
        self.airlock("keys", "make", "fresh/committee-1")
        self.airlock("keyring", "draft", "--from", "keys/keyring.cose", "--replace",
                     "committee-1=fresh/committee-1.pub", "--out", "next.cose")
        for signer in ("root-1", "root-2", "root-3"):
            self.airlock("sign", "--key", f"keys/{signer}.key", "next.cose", "--digest",
                         self.manifest_digest("next.cose"))

    def test_a_replaced_committee_key_counts_no_more(self):
        self.device("install", self.dir / "next.cose", "--consent", self.manifest_digest("next.cose"))
        self.assertEqual(self.status()["keyring_version"], 2)
        package = self.make_release("1.1.0", firmware(80_000, 2), security=2,
                                    signers=("vendor", "committee-1", "committee-3"))
        self.refuses("quorum_missing", self.device, "install", package, "--consent",
                     self.manifest_digest(package))
        self.sign(package, "committee-2")
        self.device("install", package, "--consent", self.manifest_digest(package))
        self.assertEqual(self.status()["version"], "1.1.0")

    def test_a_keyring_comes_over_the_air_before_the_release_that_needs_it(self):
        new = firmware(80_000, 2)
        self.publish("next.cose")
        release = self.make_release("1.1.0", new, security=2, signers=("vendor", "committee-2"))
        self.airlock("sign", "--key", "fresh/committee-1.key", release, "--digest",
                     self.manifest_digest(release))
        self.publish(release, keyring="next.cose")
        time.sleep(1.5)  # the server looks once a second
        self.roll_out(release)
        self.roll_out("next.cose")
        self.device("run", "--until-quiet", "--consent", self.manifest_digest("next.cose"))
        self.assertEqual(self.status()["keyring_version"], 2)
        self.update(release)
        self.assert_runs("1.1.0", new)
        self.update(release)
        self.assertEqual(self.status()["last_error"], None)


main()
