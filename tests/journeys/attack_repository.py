"""What the holder of the repository's keys could publish, made with openssl alone."""
import hashlib
import json
import pathlib
import re
import subprocess


def canonical(value):
    """OLPC canonical JSON."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return "{" + ",".join(f"{canonical(k)}:{canonical(value[k])}" for k in sorted(value)) + "}"


class RepositoryThief:
    """Holds the keys of targets, snapshot and timestamp, and signs what he likes."""

    def __init__(self, repo, keys, passphrase):
        self.metadata, self.keys, self.passphrase = pathlib.Path(repo) / "metadata", pathlib.Path(keys), passphrase

    def newest(self, role):
        if role == "timestamp":
            return self.metadata / "timestamp.json"
        return max(self.metadata.glob(f"*.{role}.json"), key=lambda p: int(p.name.split(".")[0]))

    def sign(self, role, signed):
        data = canonical(signed).encode()
        key = self.keys / f"repo-{role}.key"
        source = self.metadata.parent / "to-sign"
        source.write_bytes(data)
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", source,
                                    "-passin", f"pass:{self.passphrase}"], check=True, capture_output=True).stdout
        source.unlink()
        keyid = json.loads(self.newest(role).read_text())["signatures"][0]["keyid"]
        return json.dumps({"signatures": [{"keyid": keyid, "sig": signature.hex()}], "signed": signed}).encode()

    def republish(self, change):
        """Changes the newest targets metadata and signs everything above it anew."""
        content, name = None, None
        for role in ("targets", "snapshot", "timestamp"):
            signed = json.loads(self.newest(role).read_text())["signed"]
            signed["version"] += 1
            if role == "targets":
                change(signed)
            else:
                entry = signed["meta"][f"{name}.json"]
                entry["version"] = version
                if "length" in entry:
                    entry["length"] = len(content)
                if "hashes" in entry:
                    entry["hashes"] = {"sha256": hashlib.sha256(content).hexdigest()}
            version, name = signed["version"], role
            content = self.sign(role, signed)
            path = self.metadata / ("timestamp.json" if role == "timestamp" else f"{version}.{role}.json")
            path.write_bytes(content)
