"""What a person is told: by `airlock inspect` of whatever lies on a disk, and by a refusal."""
import hashlib

from stage import *


class Words(Stage):
    @classmethod
    def setUpClass(cls):
        """One vendor, one server and one updated device for all stories; none changes them."""
        cls.stage = Stage()
        cls.stage.setUp()
        old = firmware(100_000, 1)
        cls.stage.first, cls.stage.second = cls.stage.set_up(old, firmware(100_000, 2, base=old))
        cls.stage.update(cls.stage.second)

    @classmethod
    def tearDownClass(cls):
        cls.stage.tearDown()

    def setUp(self):
        super().setUp()
        self.house = self.stage.dir
        shutil.copytree(self.house / "device", self.dir / "device")
        self.areas = self.dir / "device/areas"

    def both(self, path):
        """What inspect says for people, and for scripts."""
        return self.airlock("inspect", path), self.inspect(path)

    def damage(self, path, at, byte=None):
        content = bytearray(path.read_bytes())
        content[at] = content[at] ^ 1 if byte is None else byte
        path.write_bytes(content)

    # ---- what a device stores

    def test_a_device_is_explained_as_a_whole(self):
        text, value = self.both("device")
        device = value["device"]
        self.assertEqual(sum(one["counts"] for one in device["boot_records"]), 1)
        for one in device["boot_records"]:
            self.assertIn("boot_record", one)
        self.assertIn("this copy counts", text)
        self.assertIn("the same record", text)  # a raised floor is written into both copies
        digest = self.stage.manifest_digest(self.stage.second)
        self.assertEqual([area["manifest"]["digest"] == digest for area in device["envelope_areas"]],
                         [False, True, False])
        self.assertEqual(device["journal_file"]["journal"]["phase"], "idle")
        (counts,) = [one["boot_record"] for one in device["boot_records"] if one["counts"]]
        runs = counts["slots"][counts["active"]]
        self.assertEqual((runs["version"], runs["data_version"]), ("1.1.0", 1))
        self.assertIn(f"manifest {digest}, version 1.1.0, data version 1, security version", text)

    def test_a_damaged_copy_of_the_boot_record_is_named_and_why(self):
        self.damage(self.areas / "record-0.area", 20)
        text, value = self.both("device")
        damaged, whole = value["device"]["boot_records"]
        self.assertEqual(damaged["damage"]["code"], "bad_checksum")
        self.assertNotIn("boot_record", damaged)
        self.assertTrue(whole["counts"])
        self.assertIn("damaged", text.split("record-0.area")[1].split("record-1.area")[0])
        self.refuses("bad_checksum", self.airlock, "inspect", self.areas / "record-0.area")
        self.assertIn("boot_record", self.inspect(self.areas / "record-1.area"))

    def test_both_copies_may_be_gone(self):
        (self.areas / "record-0.area").write_bytes(b"\0" * 4096)
        (self.areas / "record-1.area").unlink()
        text, value = self.both("device")
        codes = [one["damage"]["code"] for one in value["device"]["boot_records"]]
        self.assertEqual(codes, ["wrong_magic", "not_found"])
        self.assertIn("recover the device: docs/guides/recover.md", text)

    def test_no_damage_to_a_device_ends_inspect_early(self):
        dice = random.Random(7)
        names = ["areas/record-0.area", "areas/record-1.area", "journal", "areas/keyring.area",
                 "areas/manifest-a.area"]
        whole = {name: (self.dir / "device" / name).read_bytes() for name in names}
        for _ in range(60):
            name = dice.choice(names)
            content = bytearray(whole[name][: dice.choice((0, 3, 11, 40, 4096, 10**6))])
            for _ in range(dice.randrange(4)):
                if content:
                    content[dice.randrange(min(60, len(content)))] = dice.randrange(256)
            (self.dir / "device" / name).write_bytes(content)
            self.assertEqual(len(self.inspect("device")["device"]["boot_records"]), 2)
            (self.dir / "device" / name).write_bytes(whole[name])

    def test_the_journal_and_an_envelope_area_alone(self):
        text, value = self.both("device/journal")
        self.assertEqual(value["journal"]["version"], "1.1.0")
        self.assertIn("Update journal", text)
        text, value = self.both(self.areas / "keyring.area")
        self.assertEqual(value["keyring"]["version"], 1)
        self.assertIn("Envelope area", text)
        self.damage(self.areas / "keyring.area", 100)
        self.refuses("bad_checksum", self.airlock, "inspect", self.areas / "keyring.area")
        self.damage(self.dir / "device/journal", 7)
        self.refuses("bad_checksum", self.airlock, "inspect", "device/journal")

    def errand_of_a_question_left(self, *line):
        """Leaves the owner's question, and returns what for it waits, as each of the four places says it."""
        command, *rest = line
        self.talk("airlock-device", command, "--dir", "device", *rest, answers=[("any other key for no: ", "\x03")])
        text, value = self.both("device/journal")
        return (self.status()["errand"], value["journal"]["errand"],
                *(re.search(r"errand +(.*)\n", words)[1] for words in (self.device("status"), text)))

    def test_a_restore_that_waits_is_no_install(self):
        third = self.stage.make_release("1.2.0", firmware(100_000, 3), security=2)
        self.assertEqual(self.errand_of_a_question_left("install", third), ("install",) * 4)
        self.device("install", third, "--consent", self.stage.manifest_digest(third))
        self.assertIsNone(self.status()["errand"], "the session is over")
        self.assertNotIn("errand", self.device("status"))
        self.assertEqual(self.errand_of_a_question_left("revert"),
                         ("restore", "restore", *["restore, back to the kept version"] * 2))

    # ---- the repository's metadata

    def test_root_says_who_may_sign_what(self):
        text, value = self.both(self.house / "repo/metadata/1.root.json")
        root = value["metadata"]
        self.assertEqual(sorted(root["roles"]), ["root", "snapshot", "targets", "timestamp"])
        keys = {key["key_id"]: key["public_key"] for key in root["keys"]}
        for role, rule in root["roles"].items():
            self.assertEqual(rule["threshold"], 1)
            pub = self.inspect(self.house / f"keys/repo-{role}.pub")["public_keys"][0]
            self.assertEqual([keys[one] for one in rule["key_ids"]], [pub["bytes"]])
            self.assertRegex(text, rf"{role} +1 of 1 key\n +{rule['key_ids'][0]}")
        self.assertEqual(root["signed_by"], root["roles"]["root"]["key_ids"])

    def test_timestamp_and_snapshot_name_their_files(self):
        metadata = self.house / "repo/metadata"
        text, value = self.both(metadata / "timestamp.json")
        (named,) = value["metadata"]["files"]
        snapshot = metadata / f"{named['version']}.snapshot.json"
        self.assertEqual(named["name"], "snapshot.json")
        self.assertEqual(named["length"], len(snapshot.read_bytes()))
        self.assertEqual(named["sha256"], hashlib.sha256(snapshot.read_bytes()).hexdigest())
        self.assertIn(f"snapshot.json, version {named['version']}, {named['length']} bytes", text)
        text, value = self.both(snapshot)
        self.assertEqual([one["name"] for one in value["metadata"]["files"]], ["targets.json"])


    # ---- screens

    def assert_marked(self, screen, notes):
        """Every line of the notes stands behind a mark, so that none passes for a field."""
        for line in notes.splitlines():
            self.assertIn(f"\n  | {line}\n", screen)
            if line:
                self.assertNotIn(f"\n{line}\n", screen)

    def test_notes_cannot_pass_for_a_line_of_the_screen(self):
        notes = "Fixes.\n  SHA-256    0000 0000 … 0000 0000\n\n  manifest   1111 1111 … 1111 1111"
        (self.dir / "notes.txt").write_text(notes)
        (self.dir / "image.bin").write_bytes(firmware(100_000, 3))
        self.airlock("release", "--model", "demo-wallet", "--version", "1.2.0", "--security-version", 3,
                     "--image", "mcu=image.bin", "--notes", "notes.txt", "--out", "noted")
        digest = self.manifest_digest("noted")
        for signer in ("vendor", "committee-1", "committee-2"):
            screen, status = self.talk("airlock", "sign", "--key", self.house / f"keys/{signer}.key", "noted",
                                       answers=[("to sign it: ", digest[:8] + "\n")])
            self.assertEqual(status, 0, screen)
            self.assert_marked(screen, notes)
        self.assert_marked(self.airlock("inspect", "noted"), notes)
        screen, _ = self.talk("airlock-device", "install", "--dir", "device", "noted",
                              answers=[("any other key for no: ", "n")])
        self.assert_marked(screen, notes)
        self.assertIn("refused", screen)

    def asked_of(self, out, *, security, extra=()):
        """What the owner is asked before this release is installed, on one line."""
        package = self.stage.make_release("1.4.0", firmware(50_000, 5), out=out, security=security, extra=extra)
        screen, _ = self.talk("airlock-device", "install", "--dir", "device", package,
                              answers=[("any other key for no: ", "n")])
        return " ".join(screen.split())

    def test_the_owner_reads_what_becomes_of_seed_and_data_and_of_the_way_back(self):
        same = self.asked_of("same", security=2)
        self.assertIn("Your seed and data stay; the update does not touch them.", same)
        self.assertNotIn("no way back", same)
        raised = self.asked_of("raised", security=3)
        self.assertIn("Your seed and data stay; the update does not touch them.", raised)
        self.assertIn("no way back to the present one: the floor rises above it.", raised)
        moved = self.asked_of("moved", security=2, extra=("--data-version", "2"))
        self.assertIn("Your seed stays. The new firmware keeps your data in version 2 instead of 1.", moved)
        self.assertIn("no way back to the present one: it does not read the new data.", moved)
        for screen in (same, raised, moved):
            self.assertIn("goes back to the present one by itself", screen)

    def test_targets_are_explained_with_what_they_say_of_the_manifest(self):
        text, value = self.both(max((self.house / "repo/metadata").glob("*.targets.json")))
        digest = self.stage.manifest_digest(self.stage.second)
        (claim,) = [one["airlock"] for one in value["metadata"]["targets"] if one["airlock"]["manifest"] == digest]
        self.assertEqual((claim["kind"], claim["version"], claim["security_version"], claim["models"]),
                         ("firmware", "1.1.0", 2, ["demo-wallet"]))
        self.assertIn("firmware 1.1.0 for demo-wallet, security version 2", text)
        self.assertIn(f"manifest {digest}", text)

    def test_progress_ends_at_the_size_of_the_image(self):
        package = self.stage.make_release("1.3.0", firmware(300_000, 4), security=2)
        screen, _ = self.talk("airlock-device", "install", "--dir", "device", package,
                              answers=[("any other key for no: ", "n")])
        self.assertIn("293.0 KiB of 293.0 KiB", screen)
        self.assertNotIn("320.0 KiB", screen)

    def test_two_different_passphrases_make_nothing(self):
        screen, status = self.talk("airlock", "keys", "init", "--dir", "fresh", env={"AIRLOCK_PASSPHRASE": None},
                                   answers=[("fresh: ", "one\n"), ("once more: ", "two\n")])
        self.assertEqual(status, 1)
        self.assertIn("error: passphrases_differ: the new keys in fresh: ", screen)
        self.assertIn("type the same twice", screen)
        self.assertFalse((self.dir / "fresh").exists())

    def test_a_prompt_that_is_left_promises_nothing_that_does_not_happen(self):
        screen, status = self.talk("airlock", "keys", "init", "--dir", "fresh", env={"AIRLOCK_PASSPHRASE": None},
                                   answers=[("fresh: ", "\x03")])
        self.assertEqual(status, 1)
        self.assertIn("error: interrupted: the new keys in fresh: this was interrupted before it was done; run it again",
                      screen)
        self.assertFalse((self.dir / "fresh").exists())

    # ---- refusals

    def test_times_that_cannot_be_say_what_to_write(self):
        (self.dir / "image.bin").write_bytes(b"image")
        for option, value, right in (("--valid-for", "-5d", "such as 36h or 90d"),
                                     ("--valid-for", "5 days", "such as 36h or 90d"),
                                     ("--valid-for", "0d", "such as 36h or 90d"),
                                     ("--created", "1969-07-20T20:17:40Z", "1970 at the earliest"),
                                     ("--created", "yesterday", "such as 2026-11-23T08:35:00Z"),
                                     ("--not-before", "-1", "such as 2026-11-23T08:35:00Z")):
            refusal = self.refuses("usage", self.airlock, "release", "--model", "m", "--version", "1.0.0",
                                   "--security-version", 1, "--image", "mcu=image.bin", "--out", "out",
                                   option, value)
            self.assertEqual(refusal.status, 2)
            self.assertIn(f"error: usage: {option} takes ", refusal.text)
            self.assertIn(right, refusal.text)
            self.assertIn(f"found {value}", refusal.text)

    def release(self, *extra, **changed):
        """`airlock release` of one small image; the changed options replace, the extra ones are added."""
        image = self.dir / "image.bin"
        if not image.exists():
            image.write_bytes(b"image")
        line = {"--model": "m", "--version": "1.0.0", "--security-version": 1, "--image": "mcu=image.bin",
                "--out": "out", **{f"--{name.replace('_', '-')}": value for name, value in changed.items()}}
        return self.airlock("release", *[x for pair in line.items() for x in pair], *extra)

    def refuses_line(self, call, *args, **options):
        """The command line is wrong: status 2. Returns what was said."""
        refusal = self.refuses("usage", call, *args, **options)
        self.assertEqual(refusal.status, 2)
        return refusal.text

    def test_a_release_says_what_memory_it_is_decoded_in(self):
        self.assertIn("--profile: medium not in {small,large}", self.refuses_line(self.release, profile="medium"))
        for profile, memory, told in (("small", 16384, "decoded in 16.0 KiB"), ("large", 49152, "decoded in 48.0 KiB")):
            self.assertIn(told, self.release(profile=profile, out=profile))
            made = json.loads(self.release("--json", profile=profile, out=f"{profile}-again"))
            self.assertEqual([payload["decoder_memory"] for payload in made["components"][0]["payloads"]], [memory])

    def test_an_empty_value_is_neither_nought_nor_the_present_folder(self):
        before = sorted(self.dir.iterdir())
        for option in ("security_version", "bootloader_min", "secure_boot_min", "out", "notes"):
            name = "--" + option.replace("_", "-")
            self.assertIn(f"{name}: the value is empty", self.refuses_line(self.release, **{option: ""}))
        for wrong in ("@0x-1", "@0x", "@0x1x"):
            self.assertIn("0x" + wrong[3:], self.refuses_line(self.release, image="mcu=image.bin" + wrong))
        init = ("repo", "init", "--keys", self.house / "keys", "--repo")
        self.assertIn("--repo: the value is empty", self.refuses_line(self.airlock, *init, ""))
        self.assertIn("path: the value is empty", self.refuses_line(self.airlock, "inspect", ""))
        self.assertEqual(sorted(self.dir.iterdir()), sorted([*before, self.dir / "image.bin"]))

    def test_a_word_that_is_no_command_is_named(self):
        said = self.refuses_line(self.airlock, "pubilsh", "release", "--repo", "repo")
        self.assertIn("pubilsh is no command of airlock; see airlock --help", said)
        said = self.refuses_line(self.airlock, "repo", "inti", "--repo", "repo")
        self.assertIn("inti is no command of airlock repo; see airlock repo --help", said)

    def test_what_is_signed_is_shown_and_no_refusal_hands_out_its_digest(self):
        package = shutil.copytree(self.stage.first, self.dir / "unsigned")
        digest = self.manifest_digest(package)
        for code, extra in (("not_interactive", ()), ("digest_mismatch", ("--digest", "ab" * 32))):
            said = self.refuses(code, self.airlock, "sign", "--key", self.house / "keys/committee-3.key",
                                package, *extra).text
            self.assertNotIn(digest, said)
            self.assertIn(f"airlock inspect {package}", said)
        shown = self.airlock("sign", "--key", self.house / "keys/committee-3.key", package, "--digest", digest)
        manifest, _, _ = self.airlock("inspect", package).partition("Signatures: ")
        self.assertIn(manifest, shown.partition("Signed firmware")[0])

    def test_a_release_is_refused_where_something_lies_before_any_work(self):
        (self.dir / "full").mkdir()
        (self.dir / "full/precious").write_text("mine")
        (self.dir / "file").write_text("mine")
        (self.dir / "link").symlink_to("nowhere")
        for out in ("full", "file", "link"):
            said = self.refuses("exists_already", self.release, out=out, image="mcu=not-even-read").text
            self.assertIn(f"exists_already: {out}: ", said)
        self.assertEqual([one.name for one in (self.dir / "full").iterdir()], ["precious"])
        (self.dir / "empty").mkdir()
        self.release(out="empty")

    def test_an_address_in_use_is_named(self):
        def refused(option, listen, admin):
            refusal = self.refuses(
                "address_in_use", self.run_program, "airlock-server", "run", "--repo", self.house / "repo",
                "--data", "data", "--tls-cert", self.house / "server.pem", "--tls-key",
                self.house / "server.key", "--admin-ca", self.house / "ca.pem", "--listen", listen,
                "--admin-listen", admin)
            taken = listen if option == "--listen" else admin
            self.assertIn(f"error: address_in_use: {option} {taken}: ", refusal.text)
        taken = self.stage.url.removeprefix("https://")
        refused("--listen", taken, "127.0.0.1:0")
        refused("--admin-listen", "127.0.0.1:0", taken)

    def test_the_file_at_fault_in_a_repository_is_named(self):
        shutil.copytree(self.house / "repo", self.dir / "repo")
        def refused(code, repo):
            yield self.refuses(code, self.airlock, "publish", self.stage.second, "--repo", repo, "--keys",
                               self.house / "keys", "--keyring", self.house / "keys/keyring.cose").text
            yield self.refuses("self_check_failed" if code == "mixed_metadata" else code, self.airlock, "repo", "timestamp",
                               "--repo", repo, "--key", self.house / "keys/repo-timestamp.key").text
        published, dated = refused("not_found", "nothere")
        self.assertIn("error: not_found: nothere/metadata/1.root.json: ", published)
        self.assertIn("error: not_found: nothere: ", dated)
        newest = max((self.dir / "repo/metadata").glob("*.targets.json"), key=lambda path: int(path.name.split(".")[0]))
        self.damage(newest, 100)
        published, dated = refused("mixed_metadata", "repo")
        self.assertIn(f"error: mixed_metadata: repo/metadata/{newest.name}: ", published)
        self.assertIn(f"error: self_check_failed: mixed_metadata repo/metadata/{newest.name}: ", dated)

    def serve(self, **changed):
        """`airlock-server run` as it would be right, but for the changed options."""
        line = {"--repo": self.house / "repo", "--data": "data", "--tls-cert": self.house / "server.pem",
                "--tls-key": self.house / "server.key", "--admin-ca": self.house / "ca.pem", "--listen": "127.0.0.1:0",
                "--admin-listen": "127.0.0.1:0", **{f"--{name.replace('_', '-')}": value for name, value in changed.items()}}
        return ("airlock-server", "run", *[x for pair in line.items() for x in pair])

    def test_a_server_without_a_repository_does_not_start(self):
        (self.dir / "empty/metadata").mkdir(parents=True)
        for repo in ("nothere", "empty"):
            refusal = self.refuses("not_found", self.run_program, *self.serve(repo=repo))
            self.assertIn(f"error: not_found: {repo}/metadata/1.root.json: ", refusal.text)
        self.assertFalse((self.dir / "data").exists())

    def test_a_certificate_or_key_that_does_not_serve_is_named(self):
        self.openssl("genrsa", "-out", "rsa.key", "2048")
        self.openssl("pkey", "-in", self.house / "server.key", "-aes256", "-passout", "pass:secret", "-out", "locked.key")
        (self.dir / "empty.pem").write_text("")
        certificate, key = self.house / "server.pem", self.house / "server.key"
        for code, option, path in (("not_found", "tls_cert", "nothere.pem"), ("wrong_magic", "tls_cert", key),
                                   ("wrong_magic", "tls_cert", "empty.pem"), ("not_a_file", "tls_cert", self.house),
                                   ("not_found", "tls_key", "nothere.key"), ("wrong_magic", "tls_key", certificate),
                                   ("key_mismatch", "tls_key", self.house / "admin.key"),
                                   ("key_mismatch", "tls_key", "rsa.key"), ("key_encrypted", "tls_key", "locked.key"),
                                   ("not_found", "admin_ca", "nothere.pem"), ("wrong_magic", "admin_ca", key)):
            refusal = self.refuses(code, self.run_program, *self.serve(**{option: path}))
            self.assertIn(f"error: {code}: --{option.replace('_', '-')} {path}: ", refusal.text)
        screen, status = self.talk(*self.serve(tls_key="locked.key"), answers=[])
        self.assertNotIn("pass phrase", screen)
        self.assertEqual((status, "error: key_encrypted: --tls-key locked.key: " in screen), (1, True), screen)

    def test_every_program_refuses_a_wrong_line_alike(self):
        for wrong, told in ((("rnu",), "rnu is no command of airlock-server; see airlock-server --help"),
                            (("run", "--repo", ""), "--repo: the value is empty"),
                            (("run", "--threads", "-1"), "--threads: ")):
            self.assertIn(f"error: usage: {told}", self.refuses_line(self.run_program, "airlock-server", *wrong))
        self.assertIn("--listen here", self.refuses_line(self.run_program, *self.serve(listen="here")))

    def test_a_refused_manifest_names_the_field(self):
        (self.dir / "image.bin").write_bytes(b"image")
        def refused(code, *extra):
            args = {"--model": "m", "--version": "1.0.0", **dict(zip(extra[::2], extra[1::2]))}
            return self.refuses(code, self.airlock, "release", *[x for pair in args.items() for x in pair],
                                "--security-version", 1, "--image", "mcu=image.bin", "--out", "out").text
        self.assertIn('manifest field "models[0]", byte', refused("bad_manifest", "--model", "m m"))
        self.assertIn('field "data version min"', refused("bad_manifest", "--data-version-min", 2))
        self.assertIn('field "version"', refused("bad_semver", "--version", "1.0"))

    def test_the_name_of_notes_that_are_not_there_is_signed_by_nobody(self):
        (self.dir / "image.bin").write_bytes(b"image")
        self.refuses("not_found", self.airlock, "release", "--model", "m", "--version", "1.0.0", "--security-version", 1, "--image",
                     "mcu=image.bin", "--out", "out", "--notes", "notes.txt")

    def test_what_could_not_be_written_was_not_said(self):
        for program, *line in (("airlock", "inspect", self.stage.second), ("airlock-device", "status", "--dir", self.dir / "device")):
            with open("/dev/full", "wb") as full:
                ran = subprocess.run([BIN / program, *map(str, line)], stdout=full, stderr=subprocess.PIPE, text=True, env=self.environment())
            self.assertEqual((ran.returncode, ran.stderr), (1, "error: disk_full: standard output: what was printed was not written\n"))

    def test_what_went_to_a_closed_output_is_no_full_disk_nor_part_of_a_file(self):
        made = subprocess.run([BIN / "airlock", "delta", "make", str(self.stage.second / "manifest.cose"), "--out", "image.delta"], cwd=self.dir,
                              preexec_fn=lambda: os.close(1), stderr=subprocess.PIPE, text=True, env=self.environment())
        told = "error: access_denied: standard output is closed: what was printed was not written\n"
        self.assertEqual((made.returncode, made.stderr), (1, told))
        self.airlock("delta", "apply", "image.delta", "--out", "again.cose")

    def test_a_key_is_made_whole_or_not_at_all(self):
        for taken, door in (("pub", ()), ("key", ()), ("pub", ("--door", "repository")), ("key", ("--door", "repository"))):
            (self.dir / f"anna.{taken}").write_text("of somebody else")
            self.refuses("exists_already", self.airlock, "keys", "make", "anna", *door)
            self.assertEqual([path.name for path in self.dir.glob("anna*")], [f"anna.{taken}"])
            self.assertEqual((self.dir / f"anna.{taken}").read_text(), "of somebody else")
            (self.dir / f"anna.{taken}").unlink()

    def test_a_damaged_package_names_the_field(self):
        package = shutil.copytree(self.stage.second, self.dir / "damaged")
        path = package / "manifest.cose"
        envelope = path.read_bytes()
        path.write_bytes(envelope.replace(b"1.1.0", b"1.1.x", 1))
        for command in (("inspect",), ("sign", "--key", self.house / "keys/vendor.key", "--digest", "ab" * 32)):
            refusal = self.refuses("bad_semver", self.airlock, *command, package)
            self.assertIn('manifest field "version", byte', refusal.text)
        path.write_bytes(envelope[:40])
        self.assertIn("of the envelope", self.refuses("truncated", self.airlock, "inspect", package).text)


main()
