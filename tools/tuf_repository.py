"""TUF repositories for tests and figures, written by nothing of ours: plain Python, and openssl(1) to sign.

    repository = Repository(folder)          # keys, and an empty repository in memory
    repository.targets["targets"][path] = repository.listing(b"content")
    repository.publish()                     # folder/metadata/*.json, consistent snapshots
"""
import datetime
import hashlib
import json
import pathlib
import subprocess

ED25519_DER_PREFIX = 12  # bytes of SubjectPublicKeyInfo before the raw key
TOP_LEVEL = ("root", "timestamp", "snapshot", "targets")


def canonical(value):
    """Canonical JSON (OLPC), for texts without control characters."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Key:
    def __init__(self, folder, name):
        self.file, self.folder = folder / f"{name}.pem", folder
        run = ["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.file]
        subprocess.run(run, check=True, capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-in", self.file, "-pubout", "-outform", "DER"], check=True,
                             capture_output=True).stdout
        self.object = {"keytype": "ed25519", "keyval": {"public": der[ED25519_DER_PREFIX:].hex()}, "scheme": "ed25519"}
        self.id = hashlib.sha256(canonical(self.object)).hexdigest()

    def sign(self, message):
        to_sign = self.folder / "to-sign"
        to_sign.write_bytes(message)
        made = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", to_sign], check=True,
                              capture_output=True)
        return {"keyid": self.id, "sig": made.stdout.hex()}


class Repository:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for name in ("keys", "metadata", "targets"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.keys = {role: self.new_key(role) for role in TOP_LEVEL}
        fresh = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=30)
        self.expires = fresh.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.root = {**self.head("root"), "consistent_snapshot": True,
                     "keys": {key.id: key.object for key in self.keys.values()},
                     "roles": {role: self.rule(key) for role, key in self.keys.items()}}
        self.targets = self.new_targets()
        self.delegated = {}  # name -> (key, signed part)
        self.snapshot = {**self.head("snapshot"), "meta": {}}
        self.timestamp = {**self.head("timestamp"), "meta": {}}
        self.publish_root()

    def new_key(self, name):
        return Key(self.folder / "keys", name)

    def head(self, role):
        return {"_type": role, "spec_version": "1.0.34", "version": 1, "expires": self.expires}

    def new_targets(self):
        return {**self.head("targets"), "targets": {}}

    @staticmethod
    def rule(key):
        return {"keyids": [key.id], "threshold": 1}

    @staticmethod
    def listing(content):
        return {"length": len(content), "hashes": {"sha256": hashlib.sha256(content).hexdigest()}}

    def add_target(self, path, content, part=None):
        """Lists a target and puts its bytes where clients look for them."""
        (part or self.targets)["targets"][path] = self.listing(content)
        above, _, name = path.rpartition("/")
        folder = self.folder / "targets" / above
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{hashlib.sha256(content).hexdigest()}.{name}").write_bytes(content)

    def write(self, name, part, key):
        """Signs a part into a compact file; returns what a higher role says of it."""
        message = canonical(part)
        signatures = canonical([key.sign(message)])
        data = b'{"signatures":' + signatures + b',"signed":' + message + b"}"
        (self.folder / "metadata" / name).write_bytes(data)
        return {"version": part["version"], "length": len(data), "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}

    def publish_root(self):
        self.write(f"{self.root['version']}.root.json", self.root, self.keys["root"])

    def publish(self):
        for name, (key, part) in self.delegated.items():
            self.snapshot["meta"][f"{name}.json"] = self.write(f"{part['version']}.{name}.json", part, key)
        version = self.targets["version"]
        self.snapshot["meta"]["targets.json"] = self.write(f"{version}.targets.json", self.targets, self.keys["targets"])
        self.publish_above()

    def publish_above(self):
        version = self.snapshot["version"]
        self.timestamp["meta"]["snapshot.json"] = self.write(f"{version}.snapshot.json", self.snapshot,
                                                             self.keys["snapshot"])
        self.write("timestamp.json", self.timestamp, self.keys["timestamp"])

    def next_version(self):
        for part in (self.targets, self.snapshot, self.timestamp, *(part for _, part in self.delegated.values())):
            part["version"] += 1

    def root_file(self):
        return self.folder / "metadata" / "1.root.json"

    def split_into_bins(self, bits, prefix="bin"):
        """Moves all targets into 2^bits succinct hash bins (TAP 15)."""
        key = self.new_key(prefix)
        digits = (bits + 3) // 4
        for number in range(1 << bits):
            self.delegated[f"{prefix}-{number:0{digits}x}"] = (key, self.new_targets())
        for path, listing in self.targets["targets"].items():
            number = int.from_bytes(hashlib.sha256(path.encode()).digest()[:4], "big") >> (32 - bits)
            self.delegated[f"{prefix}-{number:0{digits}x}"][1]["targets"][path] = listing
        self.targets["targets"] = {}
        self.targets["delegations"] = {"keys": {key.id: key.object},
                                       "succinct_roles": {**self.rule(key), "bit_length": bits, "name_prefix": prefix}}
