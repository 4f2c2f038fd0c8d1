"""The package door: whatever is wrong with the signatures, the device keeps what it runs. Each envelope comes over
TLS, listed by a thief who holds every key of the repository, and by hand too."""
from attack_cose import Envelope
from attack_repository import RepositoryThief, payload_digest
from attack_server import *


COMMITTEE = ("committee-1", "committee-2", "committee-3")


class OfferedByAThief(LiedTo):
    def setUp(self):
        super().setUp()
        self.old = firmware(80_000, 1)
        self.make_vendor()
        self.make_certificates()
        self.first = self.make_release("1.0.0", self.old)
        self.publish(self.first)
        self.start_server()
        self.make_device(self.first)
        self.listen()
        self.thief = RepositoryThief(self.dir / "repo", self.dir / "keys", PASSPHRASE)

    def release(self, *signers):
        return self.make_release("1.1.0", firmware(80_000, 2, base=self.old), security=2, signers=signers)

    def tamper(self, package, change):
        path = package / "manifest.cose"
        envelope = Envelope(path.read_bytes())
        change(envelope)
        path.write_bytes(envelope.bytes())

    def offer(self, package):
        """Lists the package in the repository and lets the device look; the owner would consent to it."""
        digest = payload_digest(package)
        says = {"version": "1.1.0", "security_version": 2}
        offer = {"target": self.thief.add_package(package, **says), "manifest": digest, "size": 1000, "rollout": 1}
        LyingServer.answer = {"offer": {**offer, **says}, "poll_after_s": 60}
        return self.device("run", "--until-quiet", "--consent", digest)

    def refused(self, package, code):
        self.refuses(code, self.offer, package)
        self.assert_ended(code, "proving")
        self.refuses(code, self.device, "install", package, "--consent", payload_digest(package))
        self.assert_runs("1.0.0", self.old)


class Quorum(OfferedByAThief):
    def test_the_complete_quorum_passes_even_from_a_thief(self):
        """So what refuses the others is the quorum, not the thief's repository."""
        package = self.release("vendor", "committee-1", "committee-2")
        self.offer(package)
        self.assert_runs("1.1.0", firmware(80_000, 2, base=self.old))

    def test_one_signer_missing(self):
        package = self.release("vendor", "committee-1")
        self.refuses("quorum_missing", self.publish, package)
        self.refused(package, "quorum_missing")

    def test_the_vendor_alone(self):
        self.refused(self.release("vendor"), "quorum_missing")

    def test_the_committee_alone(self):
        self.refused(self.release("committee-1", "committee-2", "committee-3"), "quorum_missing")

    def test_the_same_signer_twice(self):
        package = self.release("vendor", "committee-1")
        self.refuses("already_signed", self.sign, package, "committee-1")
        self.tamper(package, lambda e: e.signatures.insert(1, e.signatures[1]))
        self.refused(package, "duplicate_signer")

    def test_a_key_of_another_group(self):
        package = self.release("vendor", "committee-1")
        self.refuses("not_a_signer", self.airlock, "sign", "--key", "keys/root-1.key", package, "--keyring",
                     "keys/keyring.cose", "--digest", self.manifest_digest(package))
        self.sign(package, "root-1")
        self.refused(package, "quorum_missing")

    def test_keys_of_another_kinds_policy(self):
        for others in (("reviewer-1", "reviewer-2"), ("finance-1", "finance-2"),
                       ("root-1", "root-2", "root-3")):
            package = self.make_release("1.1.0", firmware(80_000, 2, base=self.old), security=2,
                                        out=f"release-{others[0]}", signers=("vendor", *others))
            self.refuses("quorum_missing", self.publish, package)
            self.refused(package, "quorum_missing")

    def test_signers_at_the_same_moment_lose_no_signature(self):
        package = self.release()
        digest = self.manifest_digest(package)
        signers = ("vendor", "committee-1", "committee-2")
        threads = [threading.Thread(target=self.airlock, args=(
            "sign", "--key", f"keys/{signer}.key", package, "--digest", digest)) for signer in signers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.publish(package)

    def test_a_release_of_another_day_is_neither_signed_nor_published(self):
        later = self.make_release("1.1.0", firmware(80_000, 2, base=self.old), security=2, signers=(),
                                  extra=("--created", "2099-01-01T00:00:00Z"))
        self.refuses("not_yet_valid", self.sign, later, "vendor")
        past = self.make_release("1.1.0", firmware(80_000, 3, base=self.old), security=2, out="past",
                                 extra=("--created", "2024-01-01T00:00:00Z", "--not-before",
                                        "2024-01-01T00:00:00Z"))
        self.refuses("expired", self.publish, past)

    def test_keys_of_another_vendor(self):
        self.airlock("keys", "make", "other")
        package = self.release("vendor", "committee-1")
        self.airlock("sign", "--key", "other.key", package, "--digest",
                     self.manifest_digest(package))
        self.refused(package, "quorum_missing")

    def test_a_manifest_that_brings_its_own_keys(self):
        package = self.release("vendor", "committee-1")
        key = b"\x42" * 32
        self.tamper(package, lambda e: e.unprotected.update({-1: key}))
        self.refused(package, "unknown_field")

    def test_a_manifest_changed_after_signing(self):
        package = self.release("vendor", "committee-1", "committee-2")

        def change(envelope):
            at = envelope.payload.index(b"1.1.0")
            envelope.payload = envelope.payload[:at] + b"9.1.0" + envelope.payload[at + 5 :]

        self.tamper(package, change)
        self.refused(package, "quorum_missing")

    def test_a_keyring_does_not_pass_by_the_policy_of_firmware(self):
        self.airlock("keyring", "draft", "--from", "keys/keyring.cose", "--remove", "committee-3",
                     "--out", "next.cose")
        for signer in ("vendor", "committee-1", "committee-2"):
            self.airlock("sign", "--key", f"keys/{signer}.key", "next.cose", "--digest",
                         self.manifest_digest("next.cose"))
        self.refuses("quorum_missing", self.device, "install", self.dir / "next.cose", "--consent",
                     self.manifest_digest("next.cose"))

    def test_a_key_of_the_repository_signs_no_package_whatever_its_file_is_called(self):
        package = self.release()
        shutil.copy(self.dir / "keys/repo-root.key", self.dir / "keys/vendor.key")
        for signer in ("repo-root", "repo-timestamp", "vendor"):
            self.refuses("key_in_both_doors", self.sign, package, signer)
        self.assertEqual(self.inspect(package)["signatures"], [])

    def test_one_key_in_both_doors_is_refused_when_publishing(self):
        package = self.release("vendor", "committee-1", "committee-2")
        for end in ("key", "pub"):
            shutil.copy(self.dir / f"keys/vendor.{end}", self.dir / f"keys/repo-targets.{end}")
        self.refuses("key_in_both_doors", self.publish, package)


class BrokenAlgorithms(OfferedByAThief):
    """Some of the committee's algorithms are broken: whoever broke them signs by them for everybody."""

    def broken(self, *algorithms):
        """A release by the vendor's stolen key, and by every committee member's forged signatures of these algorithms."""
        package = self.release("vendor")
        for member in COMMITTEE:
            self.single_keys(member)
            for algorithm in algorithms:
                self.sign(package, f"{member}-{algorithm}")
        return package

    def test_all_ed25519_keys_are_not_enough(self):
        package = self.broken("ed25519")
        said = self.refuses("quorum_missing", self.publish, package).text
        self.assertIn("committee-1 signed by ed25519, secp256k1 and slh-dsa are missing", said)
        self.assertIn("rejected: signature: a required group has too few valid signatures; have more of its keys sign", said)
        self.refused(package, "quorum_missing")

    def test_all_secp256k1_keys_are_not_enough(self):
        self.refused(self.broken("secp256k1"), "quorum_missing")

    def test_both_curves_are_not_enough_where_slh_dsa_is_demanded(self):
        package = self.broken("ed25519", "secp256k1")
        said = self.refuses("quorum_missing", self.publish, package).text
        self.assertIn("committee-3 signed by ed25519 and secp256k1, slh-dsa is missing", said)
        self.refused(package, "quorum_missing")

    def test_slh_dsa_alone_is_not_enough(self):
        self.refused(self.broken("slh-dsa"), "quorum_missing")

    def test_a_broken_curve_replaces_no_keyring(self):
        self.airlock("keyring", "draft", "--from", "keys/keyring.cose", "--policy", "firmware=vendor:1", "--out",
                     "next.cose")
        for number in range(1, 6):
            self.single_keys(f"root-{number}")
            for algorithm in ("ed25519", "secp256k1"):
                self.sign("next.cose", f"root-{number}-{algorithm}")
        self.refuses("quorum_missing", self.device, "install", self.dir / "next.cose", "--consent",
                     self.manifest_digest("next.cose"))

    def test_one_wrong_signature_among_all_of_them(self):
        for algorithm in ALGORITHMS:
            package = self.make_release("1.1.0", firmware(80_000, 2, base=self.old), security=2, out=f"wrong-{algorithm}",
                                        signers=("vendor", "committee-1", "committee-2"))
            ids = {(key["name"], key["algorithm"]): bytes.fromhex(key["key_id"])
                   for key in self.inspect("keys/keyring.cose")["keyring"]["keys"]}

            def flip(envelope):
                found = next(s for s in envelope.signatures if ids["committee-2", algorithm] in s[0])
                found[2] = found[2][:-1] + bytes([found[2][-1] ^ 1])

            self.tamper(package, flip)
            self.refused(package, "quorum_missing")

    def test_a_member_signs_once_by_all_keys_and_is_told_what_is_missing(self):
        package = self.release("vendor")
        digest = self.manifest_digest(package)
        sign = ("sign", package, "--digest", digest, "--keyring", "keys/keyring.cose", "--key")
        said = self.airlock(*sign, "keys/committee-1.key")
        self.assertIn("by ed25519, secp256k1 and slh-dsa.", said)
        self.assertIn("Missing: committee: 1 of 2 signers by ed25519, secp256k1 and slh-dsa; committee-2 has not signed", said)
        self.single_keys("committee-2")
        said = self.airlock(*sign, "keys/committee-2-secp256k1.key")
        self.assertIn("committee-2 signed by secp256k1, ed25519 and slh-dsa are missing", said)
        self.assertIn("The quorum is complete.", self.airlock(*sign, "keys/committee-2.key"))
        self.assertEqual(len(self.inspect(package)["signatures"]), 7)
        self.publish(package)

    def test_a_policy_of_both_curves_is_a_policy(self):
        self.airlock("keyring", "draft", "--from", "keys/keyring.cose", "--policy",
                     "firmware=vendor:1,committee:2:ed25519+secp256k1", "--out", "next.cose")
        for signer in ("root-1", "root-2", "root-3"):
            self.sign("next.cose", signer)
        self.device("install", self.dir / "next.cose", "--consent", self.manifest_digest("next.cose"))
        self.assertIn("2 of committee by ed25519 and secp256k1", self.airlock("inspect", "next.cose"))
        self.refused(self.broken("ed25519"), "quorum_missing")
        shutil.rmtree(self.dir / "release-1.1.0")
        self.offer(self.broken("ed25519", "secp256k1"))
        self.assert_runs("1.1.0", firmware(80_000, 2, base=self.old))


main()
