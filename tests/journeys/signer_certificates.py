"""Signers with certificates: the keyring demands them, releases bring them, and the device asks whether they hold.

The authority, its OCSP responder and its CRLs are OpenSSL's own; a host between it and the device may do what it likes.
"""
import http.server

from authority import *

CERTIFIED = ("vendor", "committee-1-ed25519", "committee-1-secp256k1", "committee-2-ed25519", "committee-2-secp256k1")
POLICY = ("firmware=vendor:1:certified,committee:2:ed25519+secp256k1+slh-dsa:certified",)
GARBAGE = b"\x30\x03garbage"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class BadResponder:
    """An OCSP responder that is no help: silent, slow, or talking nonsense. It counts who asks."""

    def __init__(self, port, how):
        self.asked, self.how = 0, how
        self.held = []
        self.acceptor = Acceptor(self.serve, port)

    def serve(self, one):
        self.asked += 1
        self.held.append(one)
        if self.how == "garbage":
            one.recv(4096)
            one.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(GARBAGE) + GARBAGE)
            one.close()
        elif self.how == "slow":
            self.drip(one)

    @staticmethod
    def drip(one):
        try:
            one.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n")
            while True:
                one.sendall(b"x")
                time.sleep(0.2)
        except OSError:
            pass

    def close(self):
        self.acceptor.close()
        for one in self.held:
            one.close()


class Signers(Authority):
    """A vendor whose signers are certified below the wallet's root, and a device that demands it."""

    house = None  # what the first story made; the others begin with copies
    ocsp_port = crl_port = 0

    def setUp(self):
        super().setUp()
        if Signers.house is None:
            Signers.ocsp_port, Signers.crl_port = free_port(), free_port()
            self.make_house()
            Signers.house = tempfile.TemporaryDirectory(prefix="airlock-journey-signers-")
            shutil.copytree(self.dir, Signers.house.name, dirs_exist_ok=True)
        else:
            shutil.copytree(Signers.house.name, self.dir, dirs_exist_ok=True)
        self.old, self.new = firmware(60_000, 1), firmware(60_000, 2)
        self.first, self.second = self.dir / "release-1.0.0", self.dir / "release-1.1.0"
        self.start_server()
        self.make_device(self.first, extra=self.places)
        self.roll_out(self.second)

    @property
    def places(self):
        """Where the device, and the vendor, may ask although it is this very machine."""
        return ("--responder", f"127.0.0.1:{self.ocsp_port}", "--responder", f"127.0.0.1:{self.crl_port}")

    def make_house(self):
        self.make_vendor()
        self.make_certificates()
        self.make_authority(f"authorityInfoAccess = OCSP;URI:http://127.0.0.1:{self.ocsp_port}/\n"
                            f"crlDistributionPoints = URI:http://127.0.0.1:{self.crl_port}/root.crl")
        for signer in ("committee-1", "committee-2"):
            self.single_keys(signer)
        for name in CERTIFIED:
            self.certify(f"keys/{name}.key", name)
        self.list_revoked()
        shutil.move(self.dir / "keys/keyring.cose", self.dir / "plain.cose")  # demands no certificates
        self.draft("keys/keyring.cose", "--from", "plain.cose", "--policy", *POLICY, "--certificate-root", "root.pem")
        for version, seed, security in (("1.0.0", 1, 1), ("1.1.0", 2, 2)):
            release = self.make_release(version, firmware(60_000, seed), security=security)
            self.bundle(release, *self.chains(), "--crl", "root.crl")
            self.publish(release)

    def draft(self, out, *args):
        self.airlock("keyring", "draft", *args, "--out", out)
        for signer in ("root-1", "root-2", "root-3"):
            self.sign(out, signer)

    # ---- certificates

    @staticmethod
    def chains(**other):
        """The signers' certificates, some of them replaced: vendor="other"."""
        return [x for name in CERTIFIED for x in ("--chain", f"{other.get(name, name)}.pem")]

    def bundle(self, package, *args):
        return self.airlock("certificate", "bundle", package, "--keyring", "keys/keyring.cose", *args)

    def host_brings(self, *args):
        """A host hands the device what it likes, whether or not it is enough."""
        served = self.dir / "repo/certificates" / self.manifest_digest(self.second)
        try:
            self.bundle(self.second, *args)
        except Refused:
            pass
        shutil.copy(self.dir / self.second / "manifest.certificates", served)

    def staples(self, *names):
        for name in names:
            self.staple(name)
        return [x for name in names for x in ("--staple", f"{name}.ocsp")]

    def forget_crls(self):
        """As if the device had seen no CRL yet."""
        shutil.rmtree(self.dir / "device/certificates/crls", ignore_errors=True)

    # ---- who is asked

    def start_responder(self):
        log = open(self.dir / "ocsp.log", "ab")
        child = subprocess.Popen(
            ["openssl", "ocsp", "-index", "index.txt", "-port", str(self.ocsp_port), "-rsigner", "root.pem", "-rkey",
             "root.key", "-CA", "root.pem", "-ndays", "2"], stdout=log, stderr=log, cwd=self.dir)
        log.close()
        self.children.append(child)
        for _ in range(100):  # a connection that says nothing would hold it up for good
            if "waiting for OCSP client connections" in (self.dir / "ocsp.log").read_text():
                return child
            time.sleep(0.1)
        self.fail((self.dir / "ocsp.log").read_text())

    def start_bad_responder(self, how):
        responder = BadResponder(self.ocsp_port, how)
        self.addCleanup(responder.close)
        return responder

    def serve_crl(self):
        folder = str(self.dir)

        class Quiet(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=folder)

            def log_message(self, *_):
                pass

            def do_GET(self):  # DER, as certificates say it
                if self.path != "/root.crl":
                    return self.send_error(404)
                pem = (pathlib.Path(folder) / "root.crl").read_text()
                der = ssl.PEM_cert_to_DER_cert(pem.replace("X509 CRL", "CERTIFICATE"))
                self.send_response(200)
                self.send_header("content-length", str(len(der)))
                self.end_headers()
                self.wfile.write(der)

        server = http.server.ThreadingHTTPServer(("127.0.0.1", self.crl_port), Quiet)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    # ---- the device

    def refuses_update(self, code, *said):
        refused = self.refuses(code, self.update, self.second)
        for words in said:
            self.assertIn(words, refused.text)
        self.assert_runs("1.0.0", self.old)
        self.assert_ended(code, "proving")
        return refused

    def takes_update(self):
        self.update(self.second)
        self.assert_runs("1.1.0", self.new)

    def standing(self):
        return {one["signer"] + " " + one["algorithm"]: one["code"] for one in self.status()["certificates"]["signers"]}


class SignerCertificates(Signers):
    def test_certified_signers_pass(self):
        self.takes_update()
        self.assertEqual(self.standing(), {
            "vendor ed25519": "ok", "committee-1 ed25519": "ok", "committee-1 secp256k1": "ok",
            "committee-2 ed25519": "ok", "committee-2 secp256k1": "ok"})
        shown = self.device("status")
        self.assertIn("certificates      firmware, under 1 roots", shown)
        self.assertIn("vendor (ed25519), ok: CN=vendor", shown)

    def test_no_certificate(self):
        (self.dir / "repo/certificates" / self.manifest_digest(self.second)).unlink()
        self.refuses_update("certificate_missing", "no certificate for this key came with the release")

    def test_the_certificate_of_another_key(self):
        self.certify("keys/finance-1.key", "other", subject="vendor")
        self.host_brings(*self.chains(vendor="other"), "--crl", "root.crl")
        self.refuses_update("certificate_missing", "vendor (ed25519): no certificate for this key")

    def test_an_expired_certificate(self):
        self.certify("keys/vendor.key", "old", "-startdate", "20200101000000Z", "-enddate", "20210101000000Z")
        self.host_brings(*self.chains(vendor="old"), "--crl", "root.crl")
        self.refuses_update("outside_validity", "vendor (ed25519): CN=old expired at 2021-01-01")

    def test_a_certificate_for_another_use(self):
        self.certify("keys/vendor.key", "web", "-extensions", "server")
        self.host_brings(*self.chains(vendor="web"), "--crl", "root.crl")
        self.refuses_update("wrong_purpose", "vendor (ed25519): CN=web")

    def test_a_certificate_under_a_root_that_nobody_trusts(self):
        self.make_root("false", "/CN=Wallet root")
        self.certify("keys/vendor.key", "forged", "-cert", "false.pem", "-keyfile", "false.key")
        self.host_brings(*self.chains(vendor="forged"), "--crl", "root.crl")
        self.refuses_update("untrusted_chain")

    def test_revoked_by_a_crl_and_an_old_good_after_that(self):
        good = (self.dir / "repo/certificates" / self.manifest_digest(self.second)).read_bytes()
        self.staple("vendor")
        self.revoke("vendor")
        self.host_brings(*self.chains(), "--crl", "root.crl", "--staple", "vendor.ocsp")
        self.refuses_update("certificate_revoked", "vendor (ed25519): CN=vendor: a CRL of its issuer lists it")
        # The host brings what was true yesterday, again and again; the device remembers.
        (self.dir / "repo/certificates" / self.manifest_digest(self.second)).write_bytes(good)
        self.forget_crls()
        self.refuses_update("certificate_revoked", "it was revoked before, which nothing takes back")

    def test_revoked_by_a_staple(self):
        self.revoke("vendor")
        self.host_brings(*self.chains(), *self.staples("vendor"))
        self.refuses_update("certificate_revoked", "an OCSP answer of its issuer says so")

    def test_revoked_by_the_responder(self):
        self.revoke("vendor")
        self.start_responder()
        self.host_brings(*self.chains())
        self.forget_crls()
        self.refuses_update("certificate_revoked", "an OCSP answer of its issuer says so")

    def test_the_responder_alone_is_enough(self):
        self.start_responder()
        self.host_brings(*self.chains())
        self.forget_crls()
        self.takes_update()

    def test_the_crl_where_certificates_say_is_enough(self):
        self.serve_crl()
        self.host_brings(*self.chains())
        self.forget_crls()
        self.takes_update()

    def test_responders_that_are_no_help(self):
        for how in ("silent", "garbage", "slow"):
            with self.subTest(how):
                responder = self.start_bad_responder(how)
                self.host_brings(*self.chains())
                self.forget_crls()
                self.refuses_update("revocation_unknown")
                self.assertGreater(responder.asked, 0)
                responder.close()
        # Garbage in one place hides no other.
        self.start_bad_responder("garbage")
        (self.dir / "garbage.crl").write_bytes(GARBAGE)
        self.host_brings(*self.chains(), "--crl", "root.crl", "--crl", "garbage.crl")
        self.takes_update()

    def test_a_place_that_is_not_listed_is_never_asked(self):
        config = self.dir / "device/config.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), "responders": []}))
        responder = self.start_bad_responder("garbage")
        self.host_brings(*self.chains())
        self.forget_crls()
        self.refuses_update("revocation_unknown", "stands at an address that is never asked")
        self.assertEqual(responder.asked, 0)

    def test_a_stolen_authority_adds_no_signer(self):
        """The thief has the authority, the repository and the server: everything but the signers' keys."""
        self.airlock("keys", "make", "thief", "--algorithm", "ed25519")
        self.certify("thief.key", "thief", subject="vendor")
        release = self.make_release("6.6.6", firmware(60_000, 6), security=6, signers=())
        self.airlock("sign", "--key", "thief.key", release, "--digest", self.manifest_digest(release))
        self.staple("thief")
        try:
            self.bundle(release, "--chain", "thief.pem", "--staple", "thief.ocsp", "--crl", "root.crl")
        except Refused:
            pass
        digest = self.manifest_digest(release)
        self.refuses("quorum_missing", self.device, "install", release, "--consent", digest)
        self.assert_runs("1.0.0", self.old)
        # Nor does he stand in for the committee beside an honest vendor.
        self.sign(release, "vendor")
        self.refuses("quorum_missing", self.device, "install", release, "--consent", digest)
        self.assert_runs("1.0.0", self.old)

    def test_a_package_by_hand_brings_its_certificates(self):
        digest = self.manifest_digest(self.second)
        self.server.terminate()
        self.server.wait()
        self.forget_crls()
        bare = shutil.copytree(self.second, self.dir / "bare")
        (bare / "manifest.certificates").unlink()
        refused = self.refuses("certificate_missing", self.device, "install", bare, "--consent", digest)
        self.assertIn("vendor (ed25519): no certificate", refused.text)
        self.device("install", self.second, "--consent", digest)
        self.assert_runs("1.1.0", self.new)

    def test_a_keyring_without_the_demand_is_the_way_out_of_a_lost_authority(self):
        self.revoke("vendor")
        self.host_brings(*self.chains(), "--crl", "root.crl")
        self.refuses_update("certificate_revoked")
        self.draft("next.cose", "--from", "keys/keyring.cose", "--no-certificate-roots", "--policy",
                   "firmware=vendor:1,committee:2:ed25519+secp256k1+slh-dsa")
        self.device("install", "next.cose", "--consent", self.manifest_digest("next.cose"))
        self.assertIsNone(self.status()["certificates"])
        self.takes_update()


class Publishing(Signers):
    """The vendor's side of it."""

    def test_nothing_is_published_without_its_certificates(self):
        release = self.make_release("1.2.0", firmware(60_000, 3), security=2)
        publish = ("publish", release, "--repo", "repo", "--keys", "keys", "--keyring", "keys/keyring.cose")
        said = self.refuses("certificate_missing", self.airlock, *publish).text
        self.assertIn("release-1.2.0/manifest.certificates", said)
        # One of five is not there.
        self.refuses("certificate_missing", self.bundle, release, *self.chains()[2:], "--crl", "root.crl")
        self.refuses("certificate_missing", self.airlock, *publish)
        # All are there, and nothing says that they hold.
        self.refuses("revocation_unknown", self.bundle, release, *self.chains())
        self.refuses("revocation_unknown", self.airlock, *publish)
        self.bundle(release, *self.chains(), "--crl", "root.crl")
        self.airlock(*publish)

    def test_what_is_missing_is_told_while_signing(self):
        release = self.make_release("1.2.0", firmware(60_000, 3), security=2, signers=())
        digest = self.manifest_digest(release)
        sign = ("sign", release, "--digest", digest, "--keyring", "keys/keyring.cose", "--key")
        said = self.airlock(*sign, "keys/vendor.key")
        self.assertIn("vendor, ed25519 certificate_missing", said)
        self.airlock("certificate", "bundle", release, "--keyring", "keys/keyring.cose", "--chain", "vendor.pem",
                     "--crl", "root.crl")
        said = self.airlock(*sign, "keys/committee-1.key")
        self.assertIn("vendor, ed25519 good: CN=vendor", said)
        self.assertIn("committee-1, secp256k1 certificate_missing", said)

    def test_collecting_from_where_the_certificates_say_and_renewing(self):
        self.start_responder()
        self.serve_crl()
        said = self.bundle(self.second, *self.chains(), "--ask", *self.places)
        self.assertIn("certificates 5, CRLs 1", said)
        shown = self.inspect(self.second)["certificates"]
        self.assertEqual([one["staple"] for one in shown["signers"]], [True] * 5)
        # A week later, by cron: no chain is named, and the repository has it at once.
        served = self.dir / "repo/certificates" / self.manifest_digest(self.second)
        before = served.read_bytes()
        self.list_revoked()
        self.bundle(self.second, "--ask", *self.places, "--repo", "repo")
        self.assertNotEqual(served.read_bytes(), before)
        self.forget_crls()
        self.takes_update()

    def test_inspect_shows_the_condition_and_the_evidence(self):
        said = self.airlock("inspect", "keys/keyring.cose")
        self.assertIn("1 of vendor, each certified", said)
        self.assertIn("CN=Wallet root, SHA-256", said)
        clause = self.inspect("keys/keyring.cose")["keyring"]["policies"]["firmware"][0]
        self.assertEqual((clause["group"], clause["certified"]), ("vendor", True))
        said = self.airlock("inspect", self.second)
        self.assertIn("CN=committee-1-secp256k1, until", said)
        self.assertIn("revoked: 0", said)
        alone = self.inspect(self.second / "manifest.certificates")
        self.assertEqual(len(alone["certificates"]["signers"]), 5)

    def test_a_demand_without_a_root_is_told(self):
        self.airlock("keyring", "draft", "--from", "plain.cose", "--policy", "advisory=vendor:1:certified", "--out",
                     "rootless.cose")
        self.assertIn("brings no root", self.outputs[-1])
        self.refuses("bad_keyring", self.airlock, "keyring", "draft", "--from", "plain.cose", "--policy",
                     "keyring=root:3:certified", "--out", "bad.cose")
        (self.dir / "noise").write_bytes(b"noise")
        self.refuses("wrong_type", self.airlock, "keyring", "draft", "--from", "plain.cose", "--certificate-root",
                     "noise", "--out", "bad.cose")

    def test_a_clockless_device_is_thought_of(self):
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 10 * 86_400))
        release = self.make_release("1.2.0", firmware(60_000, 3), security=2, extra=("--created", created))
        self.bundle(release, *self.chains(), "--crl", "root.crl")
        said = self.airlock("publish", release, "--repo", "repo", "--keys", "keys", "--keyring", "keys/keyring.cose")
        self.assertIn("A device without a clock refuses it", said)


class ServerRoots(Authority):
    """The server's certificate under the wallet's own root, which the keyring brings."""

    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.make_certificates()
        self.make_authority()
        shutil.move(self.dir / "keys/keyring.cose", self.dir / "plain.cose")
        self.airlock("keyring", "draft", "--from", "plain.cose", "--certificate-root", "root.pem", "--out",
                     "keys/keyring.cose")
        for signer in ("root-1", "root-2", "root-3"):
            self.sign("keys/keyring.cose", signer)
        self.old = firmware(60_000, 1)
        self.first = self.make_release("1.0.0", self.old)
        self.publish(self.first)
        # Two certificates for the server's one key: under the authority of TLS alone, and under the wallet's root.
        shutil.copy(self.dir / "server.pem", self.dir / "foreign.pem")
        self.certify("server.key", "pinned", "-extensions", "server", subject="localhost")

    def serve_with(self, name):
        shutil.copy(self.dir / f"{name}.pem", self.dir / "server.pem")
        self.start_server()

    def provision(self, *extra, name="device"):
        self.device("provision", "--model", "demo-wallet", "--keyring", "keys/keyring.cose", "--root",
                    "repo/metadata/1.root.json", "--server", self.url, "--component", "mcu=4M", "--firmware",
                    self.first, *extra, name=name)

    def test_a_server_under_the_wallet_root(self):
        self.serve_with("pinned")
        self.provision("--server-roots")
        self.assertIn("nothing to do", self.device("run", "--once"))

    def test_another_authority_does_not_do(self):
        self.serve_with("foreign")
        self.provision("--server-roots")
        self.refuses("tls_failed", self.device, "run", "--once")

    def test_both_where_both_are_asked_for(self):
        self.serve_with("pinned")
        self.provision("--server-roots", "--ca", "root.pem")
        self.assertIn("nothing to do", self.device("run", "--once"))
        self.provision("--server-roots", "--ca", "ca.pem", name="other")  # which did not issue it
        self.refuses("tls_failed", self.device, "run", "--once", name="other")
        self.server.terminate()
        self.server.wait()
        self.serve_with("foreign")
        self.provision("--server-roots", "--ca", "ca.pem", name="third")
        self.refuses("tls_failed", self.device, "run", "--once", name="third")

    def test_somebody_must_vouch_for_the_server(self):
        self.serve_with("foreign")
        self.refuses("usage", self.provision)
        shutil.copy(self.dir / "plain.cose", self.dir / "keys/keyring.cose")
        self.refuses("usage", self.provision, "--server-roots")


if __name__ == "__main__":
    main()
