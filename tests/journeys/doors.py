"""The two doors must agree, and neither opens for the other's key holder."""
import hashlib

from attack_repository import RepositoryThief
from attack_server import *


class Doors(LiedTo):
    def setUp(self):
        super().setUp()
        self.old = firmware(100_000, 1)
        self.new = firmware(100_000, 2, base=self.old)
        self.first, self.second = self.set_up(self.old, self.new)
        self.thief = RepositoryThief(self.dir / "repo", self.dir / "keys", PASSPHRASE)

        # An honest server stops offering what the thief has bent, so his own one offers it.
        LyingServer.answer = {"offer": self.offer_of(self.second), "poll_after_s": 60}
        self.listen()

    def refused(self, code):
        self.try_update("release-1.1.0")
        self.assert_runs("1.0.0", self.old)
        self.assertEqual(self.status()["last_error"]["code"], code)

    def change_custom(self, **fields):
        def change(targets):
            for target in targets["targets"].values():
                if target["custom"]["airlock"]["version"] == "1.1.0":
                    target["custom"]["airlock"].update(fields)

        self.thief.republish(change)

    def test_the_thief_can_sign_at_all(self):
        self.change_custom()
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", self.new)

    def test_another_version(self):
        self.change_custom(version="1.1.1")
        self.refused("doors_disagree")

    def test_another_model(self):
        self.change_custom(models=["another-wallet"])
        self.refused("doors_disagree")

    def test_another_kind(self):
        self.change_custom(kind="abi-pack")
        self.refused("doors_disagree")

    def test_another_digest(self):
        self.change_custom(manifest="ab" * 32)
        self.refused("doors_disagree")

    def test_the_repository_alone_installs_nothing(self):
        """A complete set of repository keys, and a manifest that only the vendor signed."""
        evil = self.make_release("1.2.0", firmware(100_000, 9), security=3, signers=("vendor",))
        envelope = (evil / "manifest.cose").read_bytes()
        digest = hashlib.sha256(envelope).hexdigest()

        def change(targets):
            path, target = next((p, t) for p, t in targets["targets"].items()
                                if t["custom"]["airlock"]["version"] == "1.1.0")
            target["length"], target["hashes"] = len(envelope), {"sha256": digest}
            target["custom"]["airlock"].update(version="1.2.0", security_version=3,
                                               manifest=self.manifest_digest(evil))
            folder = self.dir / "repo/targets" / pathlib.Path(path).parent
            (folder / f"{digest}.{pathlib.Path(path).name}").write_bytes(envelope)

        self.thief.republish(change)
        self.refused("quorum_missing")


main()
