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

    def take_keyring(self, *changes, out="changed.cose"):
        """Drafts a keyring with these changes, has the roots sign it, and gives it to the device."""
        self.airlock("keyring", "draft", "--from", "keys/keyring.cose", *changes, "--out", out)
        for signer in ("root-1", "root-2", "root-3"):
            self.airlock("sign", "--key", f"keys/{signer}.key", out, "--digest", self.manifest_digest(out))
        self.install(self.dir / out)

    def install(self, package):
        self.device("install", package, "--consent", self.manifest_digest(package))

    def test_a_lost_vendor_key_is_survived(self):
        self.airlock("keys", "make", "fresh/vendor", "--algorithm", "ed25519")
        self.take_keyring("--replace", "vendor=fresh/vendor.pub")
        release = self.make_release("1.1.0", firmware(80_000, 2), security=2, signers=("committee-1", "committee-2"))
        self.sign(release, "vendor")
        self.refuses("quorum_missing", self.install, release)
        self.airlock("sign", "--key", "fresh/vendor.key", release, "--digest", self.manifest_digest(release))
        self.install(release)
        self.assert_runs("1.1.0", firmware(80_000, 2))

    def test_a_retained_release_is_accepted_though_its_signers_left(self):
        kept = self.make_release("1.1.0", firmware(80_000, 2), signers=("vendor", "committee-1", "committee-2"))
        other = self.make_release("1.2.0", firmware(80_000, 3), signers=("vendor", "committee-1", "committee-2"))
        unproven = self.make_release("1.3.0", firmware(80_000, 4), signers=("vendor",))
        leave = ("--replace", "committee-1=fresh/committee-1.pub", "--out", "never.cose")
        self.refuses("quorum_missing", self.airlock, "keyring", "draft", "--from", "keys/keyring.cose", "--retain",
                     unproven, *leave)
        self.refuses("wrong_kind", self.airlock, "keyring", "draft", "--from", "keys/keyring.cose", "--retain",
                     "next.cose", *leave)
        self.take_keyring("--replace", "committee-1=fresh/committee-1.pub", "--retain", kept)
        self.assertEqual(self.inspect(self.dir / "changed.cose")["keyring"]["retained"], [self.manifest_digest(kept)])
        self.refuses("quorum_missing", self.install, other)
        self.install(kept)
        self.assert_runs("1.1.0", firmware(80_000, 2))

    def rotate_every_root(self):
        """Five keyrings, each with one root key replaced: no root of the first stands in the last. Returns their files."""
        holders = {f"root-{n}": "keys" for n in range(1, 6)}
        for name in holders:
            self.airlock("keys", "make", f"fresh/{name}")
        keyrings, present = [], "keys/keyring.cose"
        for leaving in sorted(holders):
            keyring = f"keyring-{len(keyrings) + 2}.cose"
            self.airlock("keyring", "draft", "--from", present, "--replace", f"{leaving}=fresh/{leaving}.pub",
                         "--out", keyring)
            staying = [name for name in sorted(holders) if name != leaving][:3]  # roots of both
            for name in staying:
                self.airlock("sign", "--key", f"{holders[name]}/{name}.key", keyring, "--digest",
                             self.manifest_digest(keyring))
            self.publish(keyring, keyring=present)
            holders[leaving] = "fresh"
            keyrings.append(keyring)
            present = keyring
        return keyrings

    def test_a_device_that_slept_through_five_rotations_catches_up_in_order(self):
        keyrings = self.rotate_every_root()
        new = firmware(80_000, 2)
        release = self.make_release("1.1.0", new, security=2)
        self.publish(release, keyring=keyrings[-1])
        time.sleep(1.5)  # the server looks once a second
        for package in (release, *reversed(keyrings)):
            self.roll_out(package)
        self.refuses("quorum_missing", self.device, "install", self.dir / keyrings[-1], "--consent",
                     self.manifest_digest(keyrings[-1]))
        for version, keyring in enumerate(keyrings, 2):
            self.device("run", "--until-quiet", "--consent", self.manifest_digest(keyring))
            self.assertEqual(self.status()["keyring_version"], version)
        self.update(release)
        self.assert_runs("1.1.0", new)


main()
