"""A mirror that tampers: one byte of a piece, of the index, of a manifest, of metadata; old
metadata; nothing of it reaches the device."""
from stage import *


class Mirror(Stage):
    def setUp(self):
        super().setUp()
        self.old = firmware(200_000, 1)
        self.new = random.Random(5).randbytes(300_000)
        self.first, self.second = self.set_up(self.old, self.new, extra=("--storage", "raw"))

    def flip(self, path, at):
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(data)

    def payload(self):
        """The largest artifact is the new full image."""
        return max((self.dir / "repo/artifacts").iterdir(), key=lambda path: path.stat().st_size)

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
        self.remove_deltas()
        path = self.payload()
        self.tampered(path, path.stat().st_size - 5000, "piece_rejected")

    def test_a_tampered_index(self):
        self.remove_deltas()
        self.tampered(self.payload(), 40, "index_rejected")

    def remove_deltas(self):
        """The stories about the full image need the device to choose it."""
        sizes = [path.stat().st_size for path in (self.dir / "repo/artifacts").iterdir()]
        self.assertGreater(max(sizes), len(self.new))

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
        metadata = self.dir / "repo/metadata"
        self.update("release-1.1.0")
        old = (metadata / "timestamp.json").read_bytes()
        third = self.make_release("1.2.0", self.old, security=2)
        self.publish(third)
        self.device("run", "--until-quiet")  # sees the new timestamp; nothing is rolled out
        self.roll_out(third)
        self.device("run", "--until-quiet", "--refuse")
        (metadata / "timestamp.json").write_bytes(old)
        self.try_update(third)
        self.assertEqual(self.status()["version"], "1.1.0")


main()
