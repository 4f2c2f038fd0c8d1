"""Somebody else has a key: docs/guides/a-key-was-stolen.md, its commands typed as they are printed, while the thief uses
what he has."""
from attack_repository import RepositoryThief
from attack_server import *
from authority import Authority
from guide import *
from keeper import *

QUORUM = ("vendor", "committee-1", "committee-2")


class Robbed(LiedTo, Guided, Keeper):
    """A vendor, a server and a device, before the guide is opened."""

    guide = "a-key-was-stolen.md"

    def setUp(self):
        super().setUp()
        self.make_certificates()
        self.old = firmware(60_000, 1)
        self.first = self.make_release("1.0.0", self.old)
        self.publish(self.first)
        self.start_server()
        self.make_device(self.first)

    def me(self, cert="admin"):
        return {"me": f"--admin {self.admin_url} --cert {cert}.pem --key {cert}.key --ca ca.pem"}

    def wait_until(self, what):
        end = time.monotonic() + WAIT_SECONDS_MAX
        while not what():
            self.assertLess(time.monotonic(), end, "it was not taken up")
            time.sleep(0.1)

    def offer(self, package):
        time.sleep(1.5)  # the server looks once a second
        return self.roll_out(package)


class AQuorum(Robbed):
    def setUp(self):
        super().setUp()
        self.make_device(self.first, name="robbed")
        self.loot = self.make_release("6.6.6", firmware(60_000, 6), security=6, signers=QUORUM)
        self.install(self.loot, "robbed")

    def install(self, package, name="device"):
        self.device("install", package, "--consent", self.manifest_digest(package), name=name)

    def takes(self, package, name):
        self.device("run", "--until-quiet", "--consent", self.manifest_digest(package), name=name)

    def follow_guide(self):
        """All that the section says; the release is the one that the story has."""
        number = self.roll_out(self.first)
        shown = self.follow("A quorum", changes=[("halt 7", f"halt {number}")], variables=self.me())
        self.assertIn("keys stolen", self.operator("audit"))
        self.assertIn("halted", shown)
        self.follow("A quorum", 1)
        self.offer("next.cose")
        (self.dir / "firmware.bin").write_bytes(firmware(60_000, 7))
        self.follow("A quorum", 2)
        self.release = self.dir / "release-7.0.0"
        self.offer(self.release)

    def test_new_signers_shut_the_thief_out_and_the_floor_rises_above_what_he_signed(self):
        self.follow_guide()
        for name in ("device", "robbed"):
            self.takes("next.cose", name)
            self.assertEqual(self.status(name)["keyring_version"], 2)
        self.refuses("quorum_missing", self.install, self.loot)
        self.assert_runs("1.0.0", self.old)
        for name in ("device", "robbed"):
            self.takes(self.release, name)
            self.assert_runs("7.0.0", firmware(60_000, 7), name=name)
            self.assertEqual(self.status(name)["floors"]["firmware"], 7)


    def test_where_he_signed_the_highest_number_that_number_passes_still(self):
        highest = (1 << 32) - 1
        self.install(self.make_release("6.6.7", firmware(60_000, 6), security=highest, signers=QUORUM), "robbed")
        self.assertEqual(self.status("robbed")["floors"]["firmware"], highest)
        self.follow("A quorum", 1)
        self.install(self.dir / "next.cose", "robbed")
        for version, security in (("7.0.0", 7), ("7.0.1", highest)):
            made = self.make_release(version, firmware(60_000, 7), security=security, signers=())
            for key in ("fresh-vendor.key", "fresh-anna.key", "fresh-ben.key"):
                self.airlock("sign", "--key", key, made, "--digest", self.manifest_digest(made))
            if security < highest:
                self.refuses("below_floor", self.install, made, "robbed")
        self.install(made, "robbed")
        self.assert_runs("7.0.1", firmware(60_000, 7), name="robbed")


class AtTheFirstDoor(Robbed):
    """A device that is always offered what it runs, so that it opens both doors, and the gate says so."""

    def setUp(self):
        super().setUp()
        self.listen()
        LyingServer.answer = {"offer": self.offer_of(self.first), "poll_after_s": 60}

    def asks(self, repo, code, phase):
        """The device reaches a server, whose ever it is, that shows this repository."""
        LyingServer.root = self.dir / repo
        self.refuses(code, self.device, "run", "--until-quiet", "--refuse")
        self.assert_ended(code, phase)
        self.assert_runs("1.0.0", self.old)

    def believes(self, repo="repo"):
        self.asks(repo, "already_installed", "gating")

    def refuses_it(self, code, repo="repo"):
        self.asks(repo, code, "refreshing")


class TheRoot(AtTheFirstDoor):
    def steal(self):
        """The thief's repository: his root follows the first as well as the vendor's, and all keys below are his."""
        shutil.copytree(self.dir / "repo", self.dir / "his")
        for role in ("root", "targets", "snapshot", "timestamp"):
            self.make_key(f"his-{role}")
            self.repo("rotate", "--role", role, "--replace", f"keys/repo-{role}.pub=his-{role}.pub", repo="his")
        self.repo("renew", "--key", "his-targets.key", "--key", "his-snapshot.key", "--old-keys-lost", repo="his")
        for key in ("keys/repo-root.key", "his-root.key"):
            self.sign_draft("root", key, "--old-keys-lost", repo="his")
        self.repo("timestamp", "--key", "his-timestamp.key", repo="his")
        self.assertTrue((self.dir / "his/metadata/2.root.json").exists())

    def follow_guide(self):
        self.follow("The repository's root")
        self.assertEqual((self.newest("root"), self.waiting()), (2, {}))
        self.assertEqual(self.check()[1], 0)

    def test_the_vendors_root_goes_first_and_the_thiefs_is_refused(self):
        self.steal()
        self.follow_guide()
        self.believes()
        self.refuses_it("threshold_missing", "his")
        self.believes()

    def test_a_device_that_took_the_thiefs_root_needs_a_new_one_and_runs_on(self):
        self.steal()
        self.believes("his")
        self.follow_guide()
        self.refuses_it("threshold_missing")
        shutil.copy(self.dir / "repo/metadata/2.root.json", self.dir / "device/trust/root.json")
        self.believes()
        self.refuses_it("threshold_missing", "his")


class TheTimestamp(AtTheFirstDoor):
    def signs_as_high_as_he_likes(self, version, repo):
        """A timestamp by the stolen key over what is there."""
        thief = RepositoryThief(self.dir / repo, self.dir / "stolen", PASSPHRASE)
        signed = json.loads(thief.newest("timestamp").read_text())["signed"]
        thief.newest("timestamp").write_bytes(thief.sign("timestamp", {**signed, "version": version}))

    def steal(self, version):
        """A device that saw the thief's timestamp, on his own server."""
        shutil.copytree(self.dir / "keys", self.dir / "stolen")
        shutil.copytree(self.dir / "repo", self.dir / "his")
        self.signs_as_high_as_he_likes(version, "his")
        self.believes("his")
        self.refuses_it("metadata_rollback")

    def test_the_next_key_is_taken_at_once_and_root_drops_the_stolen_one(self):
        (self.dir / "timestamp/next").mkdir(parents=True)
        for end in ("key", "pub"):
            shutil.copy(self.dir / f"keys/repo-timestamp.{end}", self.dir / "timestamp")
        shutil.copy(self.dir / "keys/repo-timestamp.pub", self.dir / "stolen.pub")
        for name in ("2", "3"):
            self.make_key(f"timestamp/next/{name}")
            shutil.copy(self.dir / f"timestamp/next/{name}.pub", self.dir)
        self.repo("rotate", "--role", "timestamp", "--add", "2.pub", "--add", "3.pub")
        self.sign_draft("root", "keys/repo-root.key")
        self.steal(1_000_000)
        self.follow("The timestamp")
        self.assertEqual((self.newest("root"), self.waiting()), (3, {}))
        self.believes()
        self.refuses_it("threshold_missing", "his")
        self.refuses("no_role_for_key", self.timestamp, "keys/repo-timestamp.key")

    def test_the_old_key_signs_a_last_time_and_devices_forget_what_the_thief_signed(self):
        self.steal(1_000_000)
        self.follow("The timestamp", 1)
        self.assertEqual((self.newest("root"), self.waiting()), (2, {}))
        self.believes()
        self.refuses_it("threshold_missing", "his")

    def test_where_nothing_follows_his_number_the_new_key_begins_again(self):
        shutil.copytree(self.dir / "keys", self.dir / "stolen")
        self.signs_as_high_as_he_likes(1 << 53, "repo")
        self.believes()
        self.refuses("out_of_range", self.sign_timestamp)
        self.follow("The timestamp", 2)
        self.assertEqual(json.loads((self.dir / "repo/metadata/timestamp.json").read_text())["signed"]["version"], 1)
        self.believes()


class TargetsAndSnapshot(AtTheFirstDoor):
    def test_what_the_thief_listed_is_found_and_taken_out(self):
        thief = RepositoryThief(self.dir / "repo", self.dir / "keys", PASSPHRASE)
        loot = self.make_release("6.6.6", firmware(60_000, 6), security=6, signers=("vendor",))
        path = thief.add_package(loot, version="6.6.6", security_version=6)
        rotate = "rotate-a-key.md"
        self.follow("Targets and snapshot", guide=rotate)
        self.follow("Targets and snapshot", 1, guide=rotate)
        newest = self.newest("targets")
        shown = self.follow("Targets and snapshot", changes=[("4.targets", f"{newest}.targets"),
                                                             ("firmware/6.6.6/demo-wallet-0123abcd.cose", path)])
        self.assertIn(path, shown)
        self.assertIn(f"{newest + 1}.targets.json went in", shown)
        self.assertEqual(self.check("--keyring", "keys/keyring.cose")[0]["targets"], 1)
        self.believes()
        self.refuses("no_role_for_key", self.airlock, "repo", "remove", "firmware/1.0.0", "--repo", "repo", "--key",
                     "retired/repo-targets.key", "--key", "retired/repo-snapshot.key")


class AServersTls(Robbed):
    def test_the_authority_gives_the_server_another_key(self):
        stolen = (self.dir / "server.key").read_bytes()
        self.follow("A server's TLS key")
        self.assertNotEqual((self.dir / "server.key").read_bytes(), stolen)
        self.wait_until(lambda: self.served() == (self.dir / "server.pem").read_text().strip())
        self.device("run", "--until-quiet", "--refuse")

    def served(self):
        host, port = self.url.removeprefix("https://").split(":")
        return ssl.get_server_certificate((host, int(port))).strip()


class AnOperator(Robbed):
    def is_let_in(self):
        try:
            return bool(self.operator("rollout", "list"))
        except Refused:
            return False

    def test_the_old_authority_lets_nobody_in_and_what_the_thief_began_is_halted(self):
        shutil.copy(self.dir / "ca.pem", self.dir / "operators-ca.pem")
        self.server.terminate()
        self.server.wait()
        self.start_server(admin_ca="operators-ca.pem")
        number = self.roll_out(self.first)
        self.follow("An operator's key")
        self.wait_until(lambda: not self.is_let_in())
        shown = self.follow("An operator's key", 1, changes=[("https://127.0.0.1:8444", self.admin_url),
                                                            ("halt 7", f"halt {number}")])
        self.assertIn("olivia", shown)


class ACertificate(Authority, Guided):
    guide = "a-key-was-stolen.md"

    def test_its_issuer_revokes_it(self):
        self.make_vendor()
        self.make_authority()
        self.certify("keys/vendor.key", "signer")
        self.list_revoked()
        self.airlock("certificate", "check", "signer.pem", "--roots", "root.pem", "--crl", "root.crl")
        self.follow("A signer's certificate")


main()
