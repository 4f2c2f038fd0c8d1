"""What the holder of the repository's keys could publish, made with openssl alone."""
import hashlib
import json
import pathlib
import shutil
import subprocess

from attack_cose import Envelope


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


def payload_digest(package):
    """The digest of a package's manifest, also where the envelope around it is nobody's."""
    return hashlib.sha256(Envelope((pathlib.Path(package) / "manifest.cose").read_bytes()).payload).hexdigest()


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

    def add_package(self, package, **custom):
        """Lists a package, whatever stands in it, beside what is listed already, as `publish` lists one that it
        accepts; `custom` is what the target says of it. Returns the target's path."""
        package, repo = pathlib.Path(package), self.metadata.parent
        envelope = (package / "manifest.cose").read_bytes()
        digest = hashlib.sha256(envelope).hexdigest()
        path = f"stolen/{digest[:8]}/manifest.cose"
        place = repo / "targets" / f"stolen/{digest[:8]}/{digest}.manifest.cose"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(envelope)
        for artifact in (package / "artifacts").iterdir():
            shutil.copy(artifact, repo / "artifacts" / artifact.name)

        def change(targets):
            alike = next(iter(targets["targets"].values()))["custom"]["airlock"]
            targets["targets"][path] = {
                "length": len(envelope), "hashes": {"sha256": digest},
                "custom": {"airlock": {**alike, "manifest": payload_digest(package), **custom}}}

        self.republish(change)
        return path
