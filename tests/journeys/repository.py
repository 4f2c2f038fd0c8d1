"""A repository over the years: keys change, metadata is renewed, people sign apart, and no device is ever refused."""
from attack_repository import RepositoryThief
from attack_server import *
from keeper import *


class Apart(Keeper):
    def test_two_signers_who_never_meet_replace_the_root_key(self):
        anna, ben = self.make_key("anna"), self.make_key("ben", "--algorithm", "p256")
        self.repo("rotate", "--role", "root", "--replace", "keys/repo-root.pub=anna.pub", "--add", "ben.pub",
                  "--threshold", 2)
        first = self.waiting()["root"]
        self.assertEqual((first["version"], first["next"]), (2, "sign"))
        roles = first["change"]["roles"]["root"]
        self.assertEqual((len(roles["joins"]), len(roles["leaves"]), roles["threshold"]), (2, 1, 2))
        copies = {}
        for name, key in (("anna", anna), ("ben", ben)):  # each takes the metadata home on a stick
            copies[name] = shutil.copytree(self.dir / "repo/metadata", self.dir / name / "metadata").parent
            self.sign_draft("root", self.dir / key, repo=copies[name])
        self.refuses("digest_mismatch", self.repo, "sign", "--key", "keys/repo-root.key", "--digest", "ab" * 32)
        self.sign_draft("root", "keys/repo-root.key")
        self.assertEqual(self.newest("root"), 1)
        for name in copies:
            self.repo("sign", "--from", copies[name] / "metadata/drafts/2.root.json")
        self.assertEqual((self.newest("root"), self.waiting()), (2, {}))

        self.repo("rotate", "--role", "timestamp", "--add", "ben.pub")
        self.refuses("no_role_for_key", self.sign_draft, "root", "keys/repo-root.key")
        self.sign_draft("root", anna)
        self.refuses("already_signed", self.sign_draft, "root", anna)
        self.assertEqual(self.newest("root"), 2)
        self.assertEqual(self.sign_draft("root", ben)["installed"], ["3.root.json"])
        _, status, found = self.check()
        self.assertEqual((status, found), (3, {("warning", "key_in_two_roles")}))

    def test_a_key_of_a_signer_joins_no_role(self):
        self.refuses("key_in_both_doors", self.repo, "rotate", "--role", "root", "--add", "keys/committee-1.pub")
        self.airlock("keys", "make", "single", "--algorithm", "ed25519")
        self.airlock("keyring", "draft", "--from", "keys/keyring.cose", "--add", "committee:dora=single.pub", "--out", "next.cose")
        for root in ("root-1", "root-2", "root-3"):
            self.sign("next.cose", root)
        self.refuses("key_in_both_doors", self.repo, "rotate", "--role", "root", "--add", "single.pub", "--keyring", "next.cose")

    def test_another_tool_signs_the_bytes_that_are_written_for_it(self):
        openssl = lambda *args: subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=self.dir)
        openssl("genrsa", "-out", "other.pem", "2048")
        openssl("pkey", "-in", "other.pem", "-pubout", "-out", "other.pub")
        self.repo("rotate", "--role", "root", "--add", "other.pub", "--threshold", 2)
        self.sign_draft("root", "keys/repo-root.key")
        self.repo("sign", "--message", "to-sign")
        openssl("dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sign", "other.pem", "-out", "signature", "to-sign")
        draft = self.dir / "repo/metadata/drafts/2.root.json"
        self.assertEqual(hashlib.sha256((self.dir / "to-sign").read_bytes()).hexdigest(), self.waiting()["root"]["digest"])
        (other,) = self.waiting()["root"]["demands"][1]["yet_to_sign"]
        copy = json.loads(draft.read_text())
        copy["signatures"] = [{"keyid": other, "sig": (self.dir / "signature").read_bytes().hex()}]
        (self.dir / "copy.json").write_text(json.dumps(copy))
        self.repo("sign", "--from", "copy.json")
        self.assertEqual(self.newest("root"), 2)

    def test_a_person_is_shown_what_changes_and_types_the_digest(self):
        self.make_key("next")
        self.repo("rotate", "--role", "timestamp", "--add", "next.pub")
        draft = self.waiting()["root"]
        screen, status = self.talk("airlock", "repo", "sign", "--repo", "repo", "--key", "keys/repo-root.key",
                                   answers=[("digest to sign it: ", draft["digest"][:8] + "\n")])
        self.assertEqual(status, 0, screen)
        for words in ("Draft of root 2, which follows root 1", draft["digest"], "1 of 2, before 1 of 1",
                      draft["change"]["roles"]["timestamp"]["joins"][0], "2.root.json went in"):
            self.assertIn(words, screen)
        self.repo("rotate", "--role", "timestamp", "--remove", "next.pub")
        screen, status = self.talk("airlock", "repo", "sign", "--repo", "repo", "--key", "keys/repo-root.key",
                                   answers=[("digest to sign it: ", "00000000\n")])
        self.assertEqual(status, 1)
        self.assertIn("digest_mismatch", screen)
        self.assertEqual(self.newest("root"), 2)


class Served(Keeper):
    """A device that updates from one release to the next while keys change under it."""

    def setUp(self):
        super().setUp()
        self.make_certificates()
        self.images = [firmware(60_000, 1)]
        first = self.make_release("1.0.0", self.images[0])
        self.publish(first)
        self.start_server()
        self.make_device(first)
        self.door("init", "repo/metadata/1.root.json")
        self.count = 0

    def door(self, *command):
        """The repository door alone, which looks at the metadata also where nothing is offered."""
        self.run_program("airlock-tuf", "--metadata-dir", "client", "--metadata-url", f"{self.url}/tuf/", "--ca", "ca.pem", *command)

    def asks(self):
        """Device and client come, find nothing new, and are refused nothing."""
        self.device("run", "--until-quiet", "--refuse")
        self.assertIsNone(self.status()["last_error"])
        self.door("refresh")

    def updates(self, keys=("--keys", "keys"), timestamps=("keys/repo-timestamp.key",)):
        self.count += 1
        version, image = f"1.{self.count}.0", firmware(60_000, 1 + self.count)
        package = self.make_release(version, image, security=1 + self.count)
        self.airlock("publish", package, "--repo", "repo", *keys, "--keyring", "keys/keyring.cose")
        self.timestamp(*timestamps)
        time.sleep(1.5)  # the server looks once a second
        self.roll_out(package)
        self.update(package)
        self.assert_runs(version, image)

    def test_the_timestamp_key_changes_without_a_gap_while_a_device_updates(self):
        key = self.make_key("next", "--algorithm", "p256")
        self.repo("rotate", "--role", "timestamp", "--add", "next.pub")
        self.asks()
        self.sign_draft("root", "keys/repo-root.key")
        self.updates()
        self.updates(timestamps=(key,))
        self.repo("rotate", "--role", "timestamp", "--remove", "keys/repo-timestamp.pub")
        self.timestamp("keys/repo-timestamp.key")
        self.sign_draft("root", "keys/repo-root.key")
        self.assertEqual(self.waiting()["root"]["next"], "timestamp")
        self.asks()
        self.timestamp(key)
        self.assertEqual(self.waiting(), {})
        self.asks()
        self.refuses("no_role_for_key", self.timestamp, "keys/repo-timestamp.key")
        self.updates(timestamps=(key,))
        self.assertEqual(self.newest("root"), 3)

    def rotate_online(self):
        self.airlock("keys", "rotate", "--every", "1s", "--once", "--repo", "repo", "--timestamp-keys", "timestamp")

    def test_the_timestamp_key_changes_by_itself_to_those_that_root_lists_next(self):
        next_keys = self.dir / "timestamp/next"
        next_keys.mkdir(parents=True)
        for name in ("repo-timestamp.key", "repo-timestamp.pub"):
            shutil.copy(self.dir / "keys" / name, self.dir / "timestamp" / name)
        for name in ("2", "3"):
            self.make_key(f"timestamp/next/{name}")
            shutil.copy(next_keys / f"{name}.pub", self.dir)  # to where the root is drafted
        self.repo("rotate", "--role", "timestamp", "--add", "2.pub", "--add", "3.pub")
        self.refuses("no_next_key", self.rotate_online)
        self.sign_draft("root", "keys/repo-root.key")
        for name in ("2", "3"):
            self.rotate_online()
            self.assertEqual((self.dir / "timestamp/repo-timestamp.pub").read_bytes(), (self.dir / f"{name}.pub").read_bytes())
            self.asks()
            time.sleep(1.1)  # it is younger than --every
        self.refuses("no_next_key", self.rotate_online)
        self.repo("rotate", "--role", "timestamp", "--remove", "keys/repo-timestamp.pub", "--remove", "2.pub")
        self.sign_draft("root", "keys/repo-root.key")
        self.assertEqual((self.newest("root"), self.waiting()), (3, {}))
        self.refuses("no_role_for_key", self.timestamp, "keys/repo-timestamp.key")
        self.updates(timestamps=("timestamp/repo-timestamp.key",))

    def test_targets_and_snapshot_keys_change_while_a_device_updates(self):
        fresh = [self.make_key(name) for name in ("targets-2", "snapshot-2")]
        for role in ("targets", "snapshot"):
            self.repo("rotate", "--role", role, "--replace", f"keys/repo-{role}.pub={role}-2.pub")
        self.sign_draft("root", "keys/repo-root.key")
        self.assertEqual(self.waiting()["root"]["next"], "renew")
        self.updates()
        both = [x for key in fresh for x in ("--key", key)]
        self.repo("renew", "--keys", "keys", *both)
        self.asks()
        self.assertEqual(self.waiting()["root"]["next"], "timestamp")
        self.timestamp("keys/repo-timestamp.key")
        self.asks()
        self.assertEqual(self.waiting(), {})
        self.asks()
        self.refuses("no_role_for_key", self.updates)
        self.updates(keys=both)

    def test_a_lost_targets_key_leaves_a_gap_until_the_next_timestamp(self):
        key = self.make_key("targets-2")
        (self.dir / "keys/repo-targets.key").unlink()
        self.repo("rotate", "--role", "targets", "--replace", "keys/repo-targets.pub=targets-2.pub")
        self.repo("renew", "--keys", "keys", "--key", key, "--old-keys-lost")
        self.sign_draft("root", "keys/repo-root.key")
        self.assertEqual(self.newest("root"), 1)
        self.asks()
        self.waiting("--old-keys-lost")
        self.assertEqual(self.newest("root"), 2)
        self.assertEqual(self.check()[1], 1)
        self.timestamp("keys/repo-timestamp.key")
        self.assertEqual(self.check()[1], 0)
        (self.dir / "keys/repo-targets.pub").unlink()
        self.updates(keys=("--keys", "keys", "--key", key))


class Plain(LiedTo, Keeper):
    """Files that are no packages, beside packages."""

    def setUp(self):
        super().setUp()
        self.make_certificates()
        self.old = firmware(60_000, 1)
        self.first = self.make_release("1.0.0", self.old)
        self.publish(self.first)
        self.start_server()
        self.make_device(self.first)
        (self.dir / "tool").write_bytes(b"#!/bin/sh\n")
        self.add("tool", "--as", "cli/1.0/tool")

    def add(self, file, *extra):
        self.airlock("repo", "add", file, *extra, "--repo", "repo", "--keys", "keys")
        self.sign_timestamp()

    def test_a_package_is_published_beside_a_file_that_stays(self):
        new = firmware(60_000, 2)
        second = self.make_release("1.1.0", new, security=2)
        self.publish(second)
        found, status, _ = self.check("--keyring", "keys/keyring.cose")
        self.assertEqual((status, found["targets"], found["packages"]), (0, 3, 2))
        time.sleep(1.5)  # the server looks once a second
        self.roll_out(second)
        self.update(second)
        self.assert_runs("1.1.0", new)
        self.airlock("repo", "remove", "cli/1.0/tool", "--repo", "repo", "--keys", "keys")
        self.assertEqual(self.check()[0]["targets"], 2)

    def test_what_is_or_looks_like_a_package_is_not_added(self):
        for code, file, path in (("is_a_package", self.first / "manifest.cose", "cli/package"),
                                 ("path_reserved", "tool", "firmware/2.0.0/tool.cose"),
                                 ("path_reserved", "tool", "keyring/2"), ("bad_text", "tool", "../tool")):
            self.refuses(code, self.add, file, "--as", path)
        self.refuses("usage", self.airlock, "repo", "add", "tool", "ca.pem", "--as", "x", "--repo", "repo", "--keys", "keys")

    def test_a_signed_package_that_claims_nothing_is_not_installed(self):
        """The keys of the repository list it as a plain file, and a lying server offers it."""
        second = self.make_release("1.1.0", firmware(60_000, 2), security=2)
        self.publish(second)
        LyingServer.answer = {"offer": self.offer_of(second), "poll_after_s": 60}
        self.listen()
        thief = RepositoryThief(self.dir / "repo", self.dir / "keys", PASSPHRASE)
        thief.republish(lambda targets: targets["targets"][LyingServer.answer["offer"]["target"]].pop("custom"))
        self.try_update(second)
        self.assert_runs("1.0.0", self.old)
        self.assertEqual(self.status()["last_error"]["code"], "bad_metadata")


class Expired(Keeper):
    def test_warnings_come_before_the_end(self):
        self.timestamp("keys/repo-timestamp.key", **{"env": None})
        found, status, codes = self.check()
        self.assertEqual((status, found["worst"], codes), (0, "fine", set()))
        self.assertEqual(set(found["roles"]), {"root", "targets", "snapshot", "timestamp"})
        _, status, codes = self.check("--warn-within", "400d")
        self.assertEqual((status, codes), (3, {("warning", "expires_soon")}))
        _, status, codes = self.check("--warn-timestamp-within", "8d")
        self.assertEqual((status, codes), (3, {("warning", "expires_soon")}))
        self.repo("renew", "--keys", "keys", "--valid-for", "20d")
        _, status, codes = self.check("--warn-within", "5d")
        self.assertEqual((status, codes), (3, {("warning", "not_offered")}))
        self.repo("renew", "--keys", "keys", "--within", "30d")
        self.timestamp("keys/repo-timestamp.key")
        self.assertEqual(self.check()[1], 0)
        self.assertIn("Nothing ends that soon.", self.repo("renew", "--keys", "keys", "--within", "30d"))

    @needs_fake_clock
    def test_an_expired_repository_is_renewed_and_devices_go_on(self):
        later = {"env": clock_at("+800d")}
        found, status, codes = self.check(**later)
        self.assertEqual((status, found["worst"], codes), (1, "error", {("error", "metadata_expired")}))
        self.refuses("metadata_expired", self.airlock, "repo", "export", "--minimal", "--repo", "repo", "--keys", "keys",
                     "--out", "cli", **later)
        self.repo("renew", "--keys", "keys", **later)
        self.sign_draft("root", "keys/repo-root.key", **later)
        self.timestamp("keys/repo-timestamp.key", **later)
        self.assertEqual(self.check(**later)[1], 0)
        self.assertEqual((self.newest("root"), self.newest("targets")), (2, 2))

    def test_what_is_broken_is_named(self):
        package = self.make_release("1.0.0", firmware(40_000, 1))
        self.publish(package)
        self.assertEqual(self.check("--keyring", "keys/keyring.cose")[1], 0)
        artifact = next((self.dir / "repo/artifacts").iterdir())
        whole = artifact.read_bytes()
        artifact.write_bytes(whole[:-1])
        found, status, codes = self.check()
        self.assertEqual((status, codes), (1, {("error", "digest_mismatch")}))
        self.assertTrue(found["findings"][0]["about"].endswith(artifact.name))
        artifact.write_bytes(whole)
        (envelope,) = (self.dir / "repo/targets").rglob("*.cose")
        envelope.rename(self.dir / "moved")
        self.assertEqual(self.check()[2], {("error", "not_found")})
        (self.dir / "moved").rename(envelope)
        (self.dir / "repo/metadata/9.root.json").write_text("{}")
        (self.dir / "repo/metadata/7.targets.json").write_text("{}")
        self.make_key("next")
        self.repo("rotate", "--role", "timestamp", "--add", "next.pub")
        self.assertEqual(self.check()[2], {("warning", "unnamed_file"), ("note", "unnamed_file"), ("warning", "draft_waits")})
        timestamp = self.dir / "repo/metadata/timestamp.json"
        timestamp.write_text(timestamp.read_text().replace('"version":', '"version":1'))
        self.assertIn(("error", "threshold_missing"), self.check()[2])


class Minimal(Keeper):
    """The small form, and its reader."""

    def setUp(self):
        super().setUp()
        (self.dir / "tool").write_bytes(b"tool 1")
        (self.dir / "notes").write_bytes(b"notes")
        self.airlock("repo", "add", "tool", "--as", "cli/tool", "--repo", "repo", "--keys", "keys")
        self.airlock("repo", "add", "notes", "--repo", "repo", "--keys", "keys")
        self.export("first")
        shutil.copy(self.dir / "first/root.json", self.dir / "root.json")

    def export(self, out, *extra, keys=("--keys", "keys")):
        self.airlock("repo", "export", "--minimal", "--repo", "repo", *keys, "--out", out, *extra)

    def verify(self, folder, *extra, **options):
        return json.loads(self.airlock("repo", "verify-minimal", folder, "--root", "root.json", "--json", *extra, **options))

    def test_an_export_is_verified_by_its_reader_and_by_openssl(self):
        shown = self.verify("first")
        self.assertEqual((shown["version"], sorted(shown["targets"])), (3, ["cli/tool", "notes"]))
        self.assertEqual(shown["targets"]["cli/tool"]["length"], 6)
        self.export("again")
        for name in ("root.json", "metadata.json", "metadata.json.sig"):
            self.assertEqual((self.dir / "first" / name).read_bytes(), (self.dir / "again" / name).read_bytes())
        key, signature = (self.dir / "first/metadata.json.sig").read_text().split()
        (self.dir / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100" + key))
        (self.dir / "signature").write_bytes(bytes.fromhex(signature))
        subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", "key.der",
                        "-sigfile", "signature", "-in", "first/metadata.json"], check=True, capture_output=True, cwd=self.dir)
        self.export("cli", "--only", "cli/")
        self.assertEqual(list(self.verify("cli")["targets"]), ["cli/tool"])

    def test_what_was_changed_is_refused(self):
        listed = (self.dir / "first/metadata.json").read_bytes()
        for at in range(0, len(listed), 7):
            bent = bytearray(listed)
            bent[at] ^= 1
            (self.dir / "first/metadata.json").write_bytes(bent)
            self.refuses("threshold_missing", self.verify, "first")
        (self.dir / "first/metadata.json").write_bytes(listed)
        (tool,) = (self.dir / "first/targets/cli").iterdir()
        for content in (b"tool 2", b"tool 1 and more", b"tool"):
            tool.write_bytes(content)
            self.refuses("target_mismatch", self.verify, "first")
        self.refuses("target_missing", self.verify, "first", "--target", "cli/other")
        self.verify("first", "--target", "notes")
        self.airlock("keys", "make", "stranger", "--door", "repository")
        material = self.inspect("stranger.pub")["public_keys"][0]["bytes"]
        (self.dir / "root.json").write_text('{"keys":["%s"],"threshold":1}' % material)
        self.refuses("threshold_missing", self.verify, "first")

    def test_nothing_older_is_taken_and_nothing_is_exported_over_what_is_newer(self):
        self.verify("first", "--state", "seen.json")
        (self.dir / "tool").write_bytes(b"tool 2")
        self.airlock("repo", "add", "tool", "--as", "cli/tool", "--repo", "repo", "--keys", "keys")
        shutil.copytree(self.dir / "first", self.dir / "second")
        self.export("second")
        self.assertEqual(self.verify("second", "--state", "seen.json")["version"], 4)
        self.refuses("metadata_rollback", self.verify, "first", "--state", "seen.json")
        self.verify("second", "--state", "seen.json")
        shutil.copytree(self.dir / "repo", self.dir / "old")
        for name in ("4.targets.json", "4.snapshot.json"):
            (self.dir / "old/metadata" / name).unlink()
        self.refuses("metadata_rollback", self.airlock, "repo", "export", "--minimal", "--repo", "old", "--keys", "keys",
                     "--out", "second")
        self.refuses("mixed_metadata", self.export, "second", "--only", "cli/")

    @needs_fake_clock
    def test_an_expired_list_is_refused(self):
        self.verify("first", env=clock_at("+364d"))
        self.refuses("metadata_expired", self.verify, "first", env=clock_at("+366d"))

    def test_two_of_two_sign_on_two_machines(self):
        key = self.make_key("anna")
        self.repo("rotate", "--role", "targets", "--add", "anna.pub", "--threshold", 2)
        self.sign_draft("root", "keys/repo-root.key")
        self.repo("renew", "--keys", "keys", "--key", key)
        self.sign_timestamp()
        self.assertEqual(self.waiting(), {})
        self.refuses("threshold_missing", self.export, "one")
        self.export("one", "--partial")
        self.export("two", "--partial", keys=("--key", key))
        self.refuses("no_role_for_key", self.export, "three", keys=("--key", "keys/repo-root.key"))
        shutil.copy(self.dir / "one/root.json", self.dir / "root.json")
        self.refuses("threshold_missing", self.verify, "one")
        self.assertEqual((self.dir / "one/metadata.json").read_bytes(), (self.dir / "two/metadata.json").read_bytes())
        lines = [(self.dir / name / "metadata.json.sig").read_text() for name in ("one", "two")]
        (self.dir / "one/metadata.json.sig").write_text("".join(sorted(lines)))
        self.verify("one")


class Killed(Keeper):
    """kill -9 at any moment of a change: what is served stays good, and the next call finishes."""

    def kill_soon(self, dice, *line):
        """Starts a command and kills it; says whether it was killed before its end."""
        child = subprocess.Popen([str(BIN / "airlock"), *map(str, line)], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, env=self.environment(), cwd=self.dir)
        self.children.append(child)
        time.sleep(dice.uniform(0, self.longest))
        child.kill()
        if child.wait() == -signal.SIGKILL:
            return True
        self.longest *= 0.7  # measured while the machine had more to do
        return False

    def test_a_keeper_who_is_killed_leaves_a_repository_that_devices_accept(self):
        dice, kills = random.Random(5), 0
        key = self.make_key("targets-2")
        began = time.monotonic()
        self.repo("renew", "--keys", "keys")
        self.longest = 1.2 * (time.monotonic() - began)
        self.sign_timestamp()
        self.repo("rotate", "--role", "targets", "--replace", "keys/repo-targets.pub=targets-2.pub")
        root = self.waiting()["root"]["digest"]
        for line in (("repo", "sign", "--repo", "repo", "--key", "keys/repo-root.key", "--digest", root),
                     ("repo", "renew", "--repo", "repo", "--keys", "keys", "--key", key),
                     ("repo", "timestamp", "--repo", "repo", "--key", "keys/repo-timestamp.key"),
                     ("repo", "sign", "--repo", "repo")):
            for _ in range(4):
                kills += self.kill_soon(dice, *line)
                self.assertNotEqual(self.check()[1], 1)
        self.assertGreater(kills, 4, "the story was to kill the keeper while he works")
        if "root" in self.waiting() and self.waiting()["root"]["next"] == "sign":
            self.sign_draft("root", "keys/repo-root.key")
        if self.newest("root") == 1:
            self.repo("renew", "--keys", "keys", "--key", key)
            self.sign_timestamp()
        self.assertEqual(self.waiting(), {})
        self.assertEqual(self.newest("root"), 2)
        self.sign_timestamp()
        self.assertEqual(self.check()[1], 0)


main()
