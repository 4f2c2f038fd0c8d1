"""Targets in roles below the top-level one: in hash bins, made and filled by the vendor's commands and followed by
a device behind the real server; and in a role of a team, made by the vendor's keys and openssl."""
from attack_repository import *
from attack_server import *

FILES, BINS = 1000, 64
METADATA_BYTES_MAX = 24 << 10  # of all metadata that a device fetches for one of these targets


class Bins(Stage):
    def make_bins(self):
        self.airlock("keys", "make", "--door", "repository", "keys/repo-bins")
        return self.airlock("repo", "bins", "--repo", "repo", "--count", BINS, "--keys", "keys")

    def lists(self, role="*"):
        return sorted((self.dir / "repo/metadata").glob(f"*.{role}.json"), key=lambda p: int(p.name.split(".")[0]))

    def bin_of(self, package):
        """The newest list that names a package: its file."""
        digest = self.manifest_digest(package)
        return next(path for path in reversed(self.lists("bin-*")) if digest in path.read_text())

    def prepare(self, files=0):
        """A vendor with bins, whose targets key is elsewhere when the second release comes; a device that runs the first."""
        self.old = firmware(60_000, 1)
        self.new = firmware(60_000, 2, base=self.old)
        self.make_vendor()
        self.make_certificates()
        self.first = self.make_release("1.0.0", self.old)
        self.publish(self.first)
        (self.dir / "files").mkdir()
        for number in range(files):
            (self.dir / f"files/tool-{number}").write_text(f"tool {number}\n")
        if files:
            self.airlock("repo", "add", "--repo", "repo", "--keys", "keys",
                         *(f"files/tool-{number}" for number in range(files)), timeout=DIFF_SECONDS_MAX)
        self.flat = self.lists("targets")[-1].stat().st_size
        self.make_bins()
        (self.dir / "keys/repo-targets.key").rename(self.dir / "elsewhere.key")
        self.second = self.make_release("1.1.0", self.new, security=2)
        self.publish(self.second)
        self.start_server()
        self.make_device(self.first)
        self.roll_out(self.second)

    def test_a_device_installs_from_a_bin_and_fetches_kilobytes(self):
        self.prepare(FILES)
        self.update(self.second)
        self.assert_runs("1.1.0", self.new)
        kept = {path.name: path.stat().st_size for path in (self.dir / "device/trust").glob("*.json")}
        name = self.bin_of(self.second).name.split(".", 1)[1]
        self.assertEqual(set(kept), {"root.json", "timestamp.json", "snapshot.json", "targets.json", name})
        fetched = sum(kept.values())
        print(f"metadata fetched for one of {FILES + 2} targets in {BINS} bins: {fetched} bytes; in one list {self.flat}")
        self.assertLess(fetched, METADATA_BYTES_MAX)
        self.assertGreater(self.flat, 4 * METADATA_BYTES_MAX)
        checked = json.loads(self.airlock("repo", "check", "--repo", "repo", "--keyring", "keys/keyring.cose", "--json"))
        self.assertEqual((checked["worst"], checked["targets"], checked["packages"], len(checked["delegated"])),
                         ("fine", FILES + 2, 2, BINS))

    def refused_until(self, path, wrong, code):
        """With these bytes in a file of metadata (None: without it) the device refuses; with the right ones it installs."""
        right = path.read_bytes()
        path.unlink() if wrong is None else path.write_bytes(wrong)
        self.refuses(code, self.update, self.second)
        self.assert_ended(code, "refreshing")
        self.assert_runs("1.0.0", self.old)
        path.write_bytes(right)

    def test_a_bin_that_is_missing_or_wrong_is_refused_by_its_name(self):
        self.prepare()
        path = self.bin_of(self.second)
        right = path.read_bytes()
        self.refused_until(path, right[:-1] + b" ", "mixed_metadata")
        self.refused_until(path, right + b" ", "mixed_metadata")
        self.refused_until(path, path.with_name("1." + path.name.split(".", 1)[1]).read_bytes(), "mixed_metadata")
        self.refused_until(path, None, "not_found")
        self.update(self.second)
        self.assert_runs("1.1.0", self.new)

    def test_what_cannot_be_bins_is_refused(self):
        self.make_vendor()
        self.airlock("keys", "make", "--door", "repository", "keys/repo-bins")
        for count in ("0", "1", "3", "1000", "16384", "-2", "x"):
            self.refuses("usage", self.airlock, "repo", "bins", "--repo", "repo", "--count", count, "--keys", "keys")
        self.refuses("key_in_both_doors", self.airlock, "repo", "bins", "--repo", "repo", "--count", "4", "--keys", "keys",
                     "--bins-key", "keys/vendor.pub", "--keyring", "keys/keyring.cose")
        self.refuses("out_of_range", self.airlock, "repo", "bins", "--repo", "repo", "--count", "4", "--keys", "keys",
                     "--threshold", "2")
        self.refuses("not_found", self.airlock, "repo", "bins", "--repo", "nowhere", "--count", "4", "--keys", "keys")
        self.assertEqual({path.name for path in self.lists()}, {"1.root.json", "1.snapshot.json", "1.targets.json"})
        said = self.airlock("repo", "bins", "--repo", "repo", "--count", "4", "--keys", "keys")
        self.assertIn("4 bins hold the targets", said)
        self.refuses("exists_already", self.airlock, "repo", "bins", "--repo", "repo", "--count", "8", "--keys", "keys")


class Vendor(RepositoryThief):
    """Delegates to a team, which nobody stole anything for: the same keys sign what no command makes."""

    below = {}

    def sign(self, role, signed):
        if role == "snapshot":
            signed["meta"].update(self.below)
        return super().sign(role, signed)

    def sign_by(self, name, signed):
        """(key id, key, file): as sign, by the key of a role that signed nothing yet."""
        raw = subprocess.run(["openssl", "pkey", "-pubin", "-in", self.keys / f"repo-{name}.pub", "-outform", "DER"],
                             check=True, capture_output=True).stdout[-32:]
        key = {"keytype": "ed25519", "keyval": {"public": raw.hex()}, "scheme": "ed25519"}
        keyid = hashlib.sha256(canonical(key).encode()).hexdigest()
        source = self.metadata.parent / "to-sign"
        source.write_bytes(canonical(signed).encode())
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.keys / f"repo-{name}.key",
                                    "-in", source, "-passin", f"pass:{self.passphrase}"], check=True,
                                   capture_output=True).stdout
        source.unlink()
        return keyid, key, json.dumps({"signatures": [{"keyid": keyid, "sig": signature.hex()}],
                                       "signed": signed}).encode()

    def delegate(self, name, pattern, path, to):
        """The team's list has the top-level target `path`, which leaves there, under the path `to`."""
        top = json.loads(self.newest("targets").read_text())["signed"]
        version = top["version"] + 1
        signed = {**top, "version": version, "targets": {to: top["targets"][path]}}
        keyid, key, content = self.sign_by(name, signed)
        (self.metadata / f"{version}.{name}.json").write_bytes(content)
        self.below = {f"{name}.json": {"version": version, "length": len(content),
                                       "hashes": {"sha256": hashlib.sha256(content).hexdigest()}}}

        def change(targets):
            del targets["targets"][path]
            targets["delegations"] = {"keys": {keyid: key}, "roles": [
                {"name": name, "keyids": [keyid], "threshold": 1, "paths": [pattern], "terminating": False}]}

        self.republish(change)


class TeamOfItsOwn(Stage):
    def test_a_team_publishes_without_the_targets_key_and_nothing_but_its_own(self):
        old = firmware(60_000, 1)
        new = firmware(60_000, 2, base=old)
        self.make_vendor()
        self.make_certificates()
        first = self.make_release("1.0.0", old)
        self.publish(first)
        self.airlock("keys", "make", "--door", "repository", "team")
        for name, paths in (("team", "firmware/*/demo-wallet-*"), ("others", "other/*")):
            self.airlock("repo", "delegate", "--repo", "repo", "--name", name, "--paths", paths, "--role-key", "team.pub",
                         "--keys", "keys", "--key", "team.key")
        (self.dir / "keys/repo-targets.key").unlink()
        second = self.make_release("1.1.0", new, security=2)
        publish = ("publish", second, "--repo", "repo", "--key", "team.key", "--key", "keys/repo-snapshot.key", "--keyring",
                   "keys/keyring.cose", "--role")
        refused = self.refuses("self_check_failed", self.airlock, *publish, "others")
        self.assertIn("target_missing firmware/1.1.0/demo-wallet-", refused.text)
        self.airlock(*publish, "team")
        self.sign_timestamp()
        self.start_server()
        self.make_device(first)
        self.roll_out(second)
        self.update(second)
        self.assert_runs("1.1.0", new)


class Team(LiedTo):
    def setUp(self):
        super().setUp()
        self.old = firmware(60_000, 1)
        self.new = firmware(60_000, 2, base=self.old)
        self.make_vendor()
        self.make_certificates()
        self.first = self.make_release("1.0.0", self.old)
        self.second = self.make_release("1.1.0", self.new, security=2)
        for package in (self.first, self.second):
            self.publish(package)
        self.path = self.target_of(self.second)
        self.airlock("keys", "make", "--door", "repository", "keys/repo-team")
        self.vendor_of_teams = Vendor(self.dir / "repo", self.dir / "keys", PASSPHRASE)

    def delegate(self, pattern, to):
        self.vendor_of_teams.delegate("team", pattern, self.path, to)
        place = self.dir / "repo/targets" / to
        place.parent.mkdir(parents=True, exist_ok=True)
        there = next((self.dir / "repo/targets" / self.path).parent.glob(f"*.{pathlib.Path(self.path).name}"))
        if place.parent != there.parent:
            shutil.copy(there, place.parent / f"{there.name.split('.')[0]}.{place.name}")
        self.start_server()
        self.make_device(self.first)

    def test_a_release_of_a_team_is_offered_and_installed(self):
        self.delegate("team/*", "team/wallet.cose")
        self.roll_out(self.second)
        self.update(self.second)
        self.assert_runs("1.1.0", self.new)

    def test_a_team_that_lists_anothers_path_is_not_followed(self):
        self.delegate("team/*", self.path)
        self.refuses("target_missing", self.roll_out, self.second)
        with self.assertRaises(Refused) as warned:
            self.airlock("repo", "check", "--repo", "repo")
        self.assertEqual(warned.exception.status, 3)
        self.assertIn(f"warning: target_missing: repo/metadata/4.team.json: {self.path}", warned.exception.text)
        LyingServer.answer = {"offer": {**self.offer(), "target": self.path}, "poll_after_s": 60}
        self.listen()
        self.refuses("target_missing", self.update, self.second)
        self.assert_ended("target_missing", "refreshing")
        self.assert_runs("1.0.0", self.old)

    def offer(self):
        return {"manifest": self.manifest_digest(self.second), "version": "1.1.0", "security_version": 9, "size": 1000,
                "rollout": 1}


main()
