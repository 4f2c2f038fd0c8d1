"""Certificates at a terminal: what OpenSSL's own tools issue, revoke and answer, `airlock certificate check`
judges, and says of each refusal which certificate and which rule it was."""
from authority import *


class Certificates(Authority):
    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.make_authority()
        self.certify("keys/vendor.key", "signer")

    def check(self, *extra, chain="signer.pem", roots="root.pem"):
        return self.airlock("certificate", "check", chain, "--roots", roots, *extra)

    def test_a_certified_key_with_a_fresh_crl(self):
        self.list_revoked()
        said = self.check("--crl", "root.crl", "--key", "keys/vendor.pub")
        self.assertIn("CN=signer", said)
        self.assertIn("CN=Wallet root", said)
        shown = json.loads(self.check("--crl", "root.crl", "--key", "keys/vendor.pub", "--json"))
        self.assertEqual((shown["verdict"], shown["path"]), ("good", ["CN=signer", "CN=Wallet root"]))

    def test_a_staple_is_enough(self):
        self.staple("signer")
        self.assertIn("good", self.check("--staple", "signer.ocsp"))

    def test_nothing_known_is_a_refusal(self):
        refused = self.refuses("revocation_unknown", self.check)
        self.assertIn("nobody was asked", refused.text)
        (self.dir / "garbage").write_bytes(b"\x30\x03garbage")
        self.refuses("revocation_unknown", self.check, "--staple", "garbage", "--crl", "garbage")

    def test_a_revoked_certificate_and_the_good_staple_from_before(self):
        self.staple("signer")
        self.revoke("signer")
        self.refuses("certificate_revoked", self.check, "--crl", "root.crl")
        self.refuses("certificate_revoked", self.check, "--crl", "root.crl", "--staple", "signer.ocsp")

    def test_another_key_of_the_same_authority(self):
        self.certify("keys/committee-1.key", "other")
        self.list_revoked()
        self.refuses("key_mismatch", self.check, "--crl", "root.crl", "--key", "keys/vendor.pub", chain="other.pem")

    def test_a_root_of_the_same_name_that_nobody_trusts(self):
        self.list_revoked()
        self.make_root("false", "/CN=Wallet root")
        self.refuses("untrusted_chain", self.check, "--crl", "root.crl", roots="false.pem")

    def test_another_use_and_another_time(self):
        self.list_revoked()
        self.refuses("wrong_purpose", self.check, "--crl", "root.crl", "--use", "server")
        self.refuses("outside_validity", self.check, "--crl", "root.crl", "--at", "2020-01-01T00:00:00Z")
        self.refuses("usage", self.check, "--at", "yesterday")

    def test_what_is_no_certificate(self):
        self.refuses("not_found", self.check, chain="nowhere.pem")
        self.refuses("not_found", self.check, chain="root.key")
        self.refuses("wrong_magic", self.check, roots="root.key")


if __name__ == "__main__":
    main()
