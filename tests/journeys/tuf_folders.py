"""What airlock-tuf leaves in its two folders, whatever happens there: links that somebody planted, names that climb out,
deaths in the middle, two processes at once, a disk that is full or for reading only, a clock that goes back."""
import hashlib
import resource

from attack_tuf import *

OUTSIDE = b"not ours to change"
NOBODY = 65534


def waits_for(event, then):
    """Answers when the event has come, as the other trick says."""
    def trick(send, body, wait):
        while not event.is_set() and not wait(0.01):
            pass
        then(send, body, wait)
    return trick


def is_honest(send, body, wait):
    send(answer(body))


class Planted(TufClient):
    def setUp(self):
        super().setUp()
        (self.dir / "outside").mkdir()
        self.outside = self.dir / "outside/file"
        self.outside.write_bytes(OUTSIDE)

    def assert_untouched(self, *others):
        self.assertEqual(self.outside.read_bytes(), OUTSIDE)
        self.assertEqual(set((self.dir / "outside").iterdir()), {self.outside, *others})

    def place_of(self, target):
        return self.dir / "downloads" / urllib.parse.quote(target, safe="")

    def test_links_in_the_place_of_targets(self):
        (self.dir / "downloads").mkdir()
        for path in self.content:
            self.place_of(path).symlink_to(self.outside)
        self.recovers()
        self.assert_untouched()
        for path in self.content:
            self.assertFalse(self.place_of(path).is_symlink(), path)

    def test_a_link_to_the_right_content_is_no_copy_of_ours(self):
        right = self.dir / "outside/right"
        right.write_bytes(self.content[APP])
        (self.dir / "downloads").mkdir()
        self.place_of(APP).symlink_to(right)
        self.assertIn("downloaded: ", self.download(APP))
        right.write_bytes(b"changed later")
        self.assertEqual(self.downloaded(), {APP: self.content[APP]})

    def test_links_that_lead_nowhere_make_nothing_there(self):
        (self.dir / "downloads").mkdir()
        for place in (self.place_of(APP), *(self.dir / "trust" / f"{role}.json" for role in ("timestamp", "snapshot", "team"))):
            place.symlink_to(self.dir / "outside/new")
        self.recovers()
        self.assert_untouched()

    def test_links_in_the_place_of_metadata(self):
        self.download()
        self.publish_next()
        for name in ("timestamp.json", "snapshot.json", "targets.json", "team.json"):
            kept = self.dir / "outside" / name
            (self.dir / "trust" / name).rename(kept)
            (self.dir / "trust" / name).symlink_to(kept)
        before = {path: path.read_bytes() for path in (self.dir / "outside").iterdir()}
        self.recovers()
        self.assertEqual({path: path.read_bytes() for path in (self.dir / "outside").iterdir()}, before)

    def test_a_link_in_the_place_of_the_lock(self):
        (self.dir / "trust/lock").unlink()
        (self.dir / "trust/lock").symlink_to(self.dir / "outside/new")
        self.refuses("not_a_file", self.download)
        self.assert_untouched()
        (self.dir / "trust/lock").unlink()
        self.recovers()

    def test_folders_and_pipes_in_the_place_of_files(self):
        self.download()
        for make in (os.mkdir, os.mkfifo):
            for place in (self.place_of(APP), self.dir / "trust/timestamp.json", self.dir / "trust/team.json"):
                place.unlink()
                make(place)
                try:
                    self.download()  # what is no file of ours is replaced where it can be ..
                except Refused as refused:  # .. or named
                    self.assertEqual(refused.code, "not_a_file")
                    (os.rmdir if make is os.mkdir else os.unlink)(place)
                self.recovers()


class OddNames(TufClient):
    def test_names_that_climb_out_are_found_nowhere_cve_2026_6968_cve_2021_41149(self):
        absolute = str(self.dir / "absolute.bin")
        names = ["../x", "../../x", "a/../../x", "team/../../x", "team/./x", "team//x", "/x", absolute, "team/x/", ".", "..",
                 "team/..", "team\\..\\x", "x\ty", "x\ny", "ü", "x" * 1025]
        for name in names:
            if "\t" not in name and "\n" not in name:  # which this repository cannot sign
                self.list_without_a_file(name)
        self.repository.next_version()
        self.repository.publish()
        before = self.elsewhere()
        for name in names:
            self.refuses("target_missing", self.download, name)
        self.assertEqual(self.elsewhere(), before)
        self.assertEqual(self.downloaded(), {})
        self.recovers()

    def elsewhere(self):
        """What lies outside the client's two folders."""
        return {path for path in self.dir.rglob("*") if not {"trust", "downloads"} & set(path.parts)}

    def list_without_a_file(self, name):
        for part in (self.repository.targets, self.team):
            part["targets"][name] = self.repository.listing(b"content")

    def test_odd_names_that_are_none_of_these_stay_in_their_folder(self):
        long = "/".join(["x" * 180] * 5)
        names = ["-x", "--target-dir", " ", "a b", "%2e%2e%2fx", "~", "...", "..x", "$(x)", "`x`", "a*?", "con:", "%00",
                 "team/..x", "a;b&c=d", long, hashlib.sha256(long.encode()).hexdigest()]
        for name in names:
            self.content[name] = f"content of {name}".encode()
        self.repository.next_version()
        self.publish()
        for name in names:
            self.tuf("download", extra=(f"--target-name={name}",))
        self.assertEqual(sorted(self.files("downloads").values()), sorted(self.content[name] for name in names))

    def test_a_roles_name_that_climbs_out_cve_2021_41131_cve_2021_41150(self):
        listed = self.repository.targets["delegations"]["roles"][0]
        for name in ("../outside", "/outside", "..", "a/b", "?", "#", "%2e%2e"):
            listed["name"] = name
            self.repository.delegated = {name: (self.team_key, self.team)}
            self.repository.next_version()
            self.publish_as(name)
            before = self.elsewhere()
            self.download(TOOL)
            self.assertEqual(self.elsewhere(), before, name)
            self.begin_anew()

    def publish_as(self, name):
        """The role's file, under the name by which clients ask for it."""
        spelled = urllib.parse.quote(name, safe="")
        made, version = self.repository, self.team["version"]
        made.delegated = {}
        made.snapshot["meta"] = {f"{name}.json": made.write(f"{version}.{spelled}.json", self.team, self.team_key)}
        made.publish()


class Deaths(TufClient):
    def test_it_is_killed_at_every_request_and_goes_on(self):
        self.download()
        asked = list(self.server.asked)
        for path in asked:
            for half in (False, True):
                self.begin_anew()

                def dies(send, body, wait):
                    if half:
                        closes_in_the_middle(send, body, wait)
                    child.kill()
                    child.wait()
                started = threading.Event()
                self.server.tricks = {path: waits_for(started, dies)}
                child = self.start()
                started.set()
                self.assertEqual(child.wait(timeout=WAIT_SECONDS_MAX), -signal.SIGKILL)
                self.assert_clean()
                self.recovers()

    def dies_while_it_writes(self, size, *names):
        """The system ends the process in the middle of its write to a file of more than `size` bytes."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with self.assertRaises(Refused) as died:
            self.download(*names, process={"preexec_fn": limit})
        self.assertEqual(died.exception.status, -signal.SIGXFSZ)

    def unfinished(self, folder):
        return [name for name in self.files(folder) if ".new-" in name]

    def test_it_dies_in_the_middle_of_a_write_and_what_it_left_goes(self):
        self.dies_while_it_writes(300)  # the timestamp is longer
        self.assertEqual(len(self.unfinished("trust")), 1)
        self.recovers()
        self.begin_anew()
        self.download(TOOL)
        self.dies_while_it_writes(5000, APP)
        self.assertEqual(len(self.unfinished("downloads")), 1)
        others = self.dir / "downloads/notes.new-1"
        others.write_bytes(b"not ours")
        self.download()
        self.assertEqual(self.unfinished("downloads"), [others.name])
        others.unlink()
        self.recovers()


class TwoAtOnce(TufClient):
    def test_many_at_once_bring_the_same(self):
        children = [self.start() for _ in range(6)]
        for child in children:
            said = child.communicate(timeout=WAIT_SECONDS_MAX)[1]
            self.assertEqual(child.returncode, 0, said)
        self.recovers()

    def test_who_was_told_of_less_does_not_undo_what_another_was_told(self):
        """The first is held while it asks for the timestamp, and told the old one; meanwhile there is a newer."""
        self.download()
        old = (self.dir / "repo/metadata/timestamp.json").read_bytes()
        go_on, came = threading.Event(), threading.Event()

        def tells_the_first(send, body, wait):
            self.server.tricks.clear()
            came.set()
            waits_for(go_on, lambda send, body, wait: send(answer(old)))(send, body, wait)
        self.server.tricks = {"metadata/timestamp.json": tells_the_first}
        self.begin_anew()
        first = self.start("refresh")
        self.assertTrue(came.wait(WAIT_SECONDS_MAX))
        self.publish_next()
        second = self.start("refresh")
        try:
            second.wait(timeout=1)  # it waits for the first; one that did not would be done by now
        except subprocess.TimeoutExpired:
            pass
        go_on.set()
        for child in (first, second):
            child.wait(timeout=WAIT_SECONDS_MAX)
        self.assertEqual(self.version("timestamp"), 2)
        self.recovers()

    def test_two_clients_share_a_folder_of_targets(self):
        shutil.copytree(self.dir / "trust", self.dir / "other")
        children = [self.start(trust=trust) for trust in ("trust", "other") * 3]
        for child in children:
            said = child.communicate(timeout=WAIT_SECONDS_MAX)[1]
            self.assertEqual(child.returncode, 0, said)
        self.recovers()


class Disks(TufClient):
    def full_beyond(self, size):
        """No file can become longer than this: the system says so, and the program lives on."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return {"preexec_fn": limit}

    def test_a_full_disk_loses_nothing(self):
        self.download()
        self.publish_next()
        before, files = self.trusted(), self.downloaded()
        self.refuses("disk_full", self.download, process=self.full_beyond(300))
        self.assertEqual((self.trusted(), self.downloaded()), (before, files))
        self.refuses("disk_full", self.download, process=self.full_beyond(6000))
        self.assertEqual(self.downloaded(), files)
        self.assertEqual(self.version("timestamp"), 2)
        self.recovers()

    def test_folders_that_are_for_reading_only(self):
        self.download()
        self.publish_next()
        before, files = self.trusted(), self.downloaded()
        as_others = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        self.dir.chmod(0o755)
        (self.dir / "trust").chmod(0o555)
        (self.dir / "trust/lock").chmod(0o644 if as_others else 0o444)
        try:
            self.refuses("access_denied", self.download, process=as_others)
        except PermissionError as error:
            self.skipTest(f"another user may not run the programs here: {error}")
        self.assertEqual((self.trusted(), self.downloaded()), (before, files))
        (self.dir / "trust").chmod(0o777)
        (self.dir / "trust/lock").chmod(0o666)
        (self.dir / "downloads").chmod(0o555)
        self.refuses("access_denied", self.download, process=as_others)
        self.assertEqual(self.downloaded(), files)
        (self.dir / "downloads").chmod(0o755)
        self.recovers()


@needs_fake_clock
class Clock(TufClient):
    def test_a_clock_ahead_refuses_and_forgets_nothing(self):
        self.download()
        before = self.trusted()
        self.refuses("metadata_expired", self.download, env=clock_at("+60d"))
        self.assertEqual(self.trusted(), before)
        self.recovers()

    def test_a_clock_that_goes_back_revives_nothing(self):
        """What expired is fresh again by such a clock, and still older than what was seen."""
        old = {path.name: path.read_bytes() for path in (self.dir / "repo/metadata").iterdir()}
        self.publish_next()
        self.download()
        before = self.trusted()
        self.server.tricks = {"metadata/timestamp.json": lambda send, body, wait: send(answer(old["timestamp.json"]))}
        for when in ("-10d", "@2001-01-01 00:00:00"):
            self.refuses("metadata_rollback", self.download, env=clock_at(when))
            self.assertEqual(self.trusted(), before)
        self.server.tricks.clear()
        self.download(env=clock_at("-10d"))
        self.recovers()


class Expiry(TufClient):
    def test_a_delegated_role_that_expired_is_not_used(self):
        self.team["expires"] = "2001-01-01T00:00:00Z"
        self.repository.next_version()
        self.publish()
        self.tuf("refresh")
        self.refuses("metadata_expired", self.download, TOOL)
        self.assertNotIn("team.json", self.trusted())
        self.team["expires"] = self.repository.expires
        self.repository.next_version()
        self.publish()
        self.recovers()


main()
