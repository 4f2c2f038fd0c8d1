"""A mirror that tampers: one byte of a piece, of the index, of a manifest, of metadata; old
metadata; nothing of it reaches the device."""
from attack_server import *


class Mirror(LiedTo):
    def setUp(self):
        super().setUp()
        self.old = firmware(200_000, 1)
        self.new = random.Random(5).randbytes(300_000)
        self.first, self.second = self.set_up(self.old, self.new, bases=None, extra=("--storage", "raw"))

    def flip(self, path, at):
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(data)

    def payload(self):
        """The one artifact of the new release: its full image."""
        (made,) = (self.second / "artifacts").iterdir()
        self.assertGreater(made.stat().st_size, len(self.new))
        return self.dir / "repo/artifacts" / made.name

    def refused(self, code):
        self.try_update("release-1.1.0")
        self.assert_runs("1.0.0", self.old)
        self.assertEqual(self.status()["last_error"]["code"], code)

    def recovers(self):
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", self.new)

    def tampered(self, path, at, code):
        honest = path.read_bytes()
        self.flip(path, at)
        self.refused(code)
        path.write_bytes(honest)
        self.recovers()

    def test_a_tampered_piece(self):
        path = self.payload()
        self.tampered(path, path.stat().st_size - 5000, "piece_rejected")

    def test_a_tampered_index(self):
        self.tampered(self.payload(), 40, "index_rejected")

    def test_a_tampered_manifest(self):
        path = next(p for p in (self.dir / "repo/targets").rglob("*.cose")
                    if self.manifest_digest(p) == self.manifest_digest("release-1.1.0"))
        self.tampered(path, path.stat().st_size // 2, "target_mismatch")

    def test_tampered_metadata(self):
        metadata = self.dir / "repo/metadata"
        newest = max(metadata.glob("*.targets.json"), key=lambda p: int(p.name.split(".")[0]))
        data = newest.read_bytes()
        at = data.index(b'"version"')
        self.tampered(newest, at + 1, "mixed_metadata")

    def test_yesterdays_metadata_replayed(self):
        """All of it is signed, and the device has seen newer. Whoever replays it offers the newest release, which
        an honest server would no longer do."""
        timestamp = self.dir / "repo/metadata/timestamp.json"
        self.recovers()
        yesterday = timestamp.read_bytes()
        newest = random.Random(6).randbytes(300_000)
        third = self.make_release("1.2.0", newest, security=2)
        self.publish(third)
        LyingServer.answer = {"offer": self.offer_of(third, version="1.2.0"), "poll_after_s": 60}
        self.listen()
        self.device("run", "--until-quiet", "--refuse")
        self.assert_ended("consent_refused", "consenting")  # so the device has taken today's metadata
        today = timestamp.read_bytes()
        timestamp.write_bytes(yesterday)
        self.refuses("metadata_rollback", self.update, third)
        self.assert_ended("metadata_rollback", "refreshing")
        self.assert_runs("1.1.0", self.new)
        timestamp.write_bytes(today)
        self.update(third)
        self.assert_runs("1.2.0", newest)


main()
