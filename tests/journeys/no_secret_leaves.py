"""No secret leaves its place: not on a screen, not in a log, not in what the server keeps."""
import base64

from stage import *


class Secrets(Stage):
    reuses_releases = False  # what each command says is looked at

    def make_vendor(self):
        self.make_first_vendor(self.dir)

    def test_no_secret_in_any_output_log_or_server_file(self):
        old = firmware(100_000, 1)
        self.set_up(old, firmware(100_000, 2, base=old))
        self.update("release-1.1.0", "--trial", "unhealthy")
        self.status()
        self.inspect("keys/keyring.cose")
        secrets = {"passphrase": PASSPHRASE.encode(), "seed": self.seed(),
                   "device key": self.raw_key("device/device.key", None)}
        for name in ("vendor", "committee-1", "root-1", "repo-targets", "repo-timestamp"):
            secrets[name] = self.raw_key(f"keys/{name}.key", PASSPHRASE)
        places = {"output": "\n".join(self.outputs).encode()}
        for folder in ("server-data", "repo", "release-1.1.0"):
            for path in (self.dir / folder).rglob("*"):
                if path.is_file():
                    places[str(path)] = path.read_bytes()
        places["log"] = (self.dir / "server.log").read_bytes()
        for place, data in places.items():
            for name, secret in secrets.items():
                for form in (secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")):
                    self.assertNotIn(form, data, f"{name} in {place}")

    def raw_key(self, path, passphrase):
        """The 32 secret bytes of a key, as openssl reads them."""
        text = subprocess.run(["openssl", "pkey", "-in", path, "-passin", f"pass:{passphrase or ''}", "-noout",
                               "-text"], check=True, capture_output=True, text=True, cwd=self.dir).stdout
        return bytes.fromhex(re.search(r"priv:\s*([0-9a-f:\s]+?)\s*pub", text)[1].replace(":", "").replace(" ", "").replace("\n", ""))[-32:]

    def test_what_the_server_keeps_is_for_its_owner_only(self):
        old = firmware(100_000, 1)
        self.set_up(old, firmware(100_000, 2, base=old))
        self.update("release-1.1.0")
        kept = [self.dir / "server-data", *(self.dir / "server-data").rglob("*")]
        self.assertIn(self.dir / "server-data/server.db", kept)
        for path in kept:
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_a_database_that_was_put_back_from_a_copy_is_too(self):
        (self.dir / "server-data").mkdir(mode=0o755)
        self.make_vendor()
        self.make_certificates()
        self.start_server()
        self.assertEqual((self.dir / "server-data").stat().st_mode & 0o077, 0)

    def test_key_files_are_for_their_owner_only(self):
        self.make_vendor()
        for path in (self.dir / "keys").glob("*.key"):
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)
            self.assertIn(b"ENCRYPTED", path.read_bytes())


main()
