"""What airlock-device says where it cannot do as it was told: a stable code, what is at fault, what to do."""
from stage import *


class DeviceRefusals(Stage):
    def device_at(self, *args):
        return self.run_program("airlock-device", *args)

    def says(self, code, about, call, *args):
        error = self.refuses(code, call, *args)
        self.assertIn(f"error: {code}: {about}", error.text)
        self.assertEqual(error.status, 2 if code == "usage" else 1)

    def test_a_wrong_command_line_is_refused_alike(self):
        for line in (("status", "--dir", ""), ("status",), ("provison",), ("status", "--dir", "d", "--once"),
                     ("run", "--dir", "d", "--consent", "12"), ("install", "--dir", "d", ""),
                     ("revert", "--dir", "d", "--refuse", "--consent", "ab" * 32)):
            self.says("usage", "", self.device_at, *line)
        self.says("usage", "provison is no command of airlock-device", self.device_at, "provison")

    def provision(self, **changed):
        values = {"dir": "made", "model": "demo-wallet", "keyring": "keys/keyring.cose",
                  "root": "repo/metadata/1.root.json", "server": "https://localhost:8443",
                  "ca": "ca.pem", "component": "mcu=4M", **changed}
        words = [word for name, value in values.items() for word in (f"--{name}", value)]
        try:
            return self.device_at("provision", *words)
        finally:
            shutil.rmtree(self.dir / "made", ignore_errors=True)

    def test_what_could_never_work_is_not_provisioned(self):
        self.make_vendor()
        self.make_certificates()
        (self.dir / "empty.pem").write_text("")
        self.provision()
        for setting, value, about in (
                ("model", "m" * 65, "the model takes"), ("model", "a b", "the model takes"),
                ("component", "MCU=4M", "the component MCU takes"),
                ("component", "mcu=5G", "--component mcu=5G: the size"),
                ("component", "mcu", "--component mcu: write"),
                ("component", "mcu=a,", "--component mcu=a,: write"),
                ("component", "mcu=,b", "--component mcu=,b: write"),
                ("server", "http://localhost", "the server takes"),
                ("server", "https://localhost:65536", "the server takes"),
                ("server", "https://:8443", "the server takes"),
                ("certificate", "12", "--certificate takes")):
            self.says("usage", about, lambda: self.provision(**{setting: value}))
        keyring, root = self.dir / "keys/keyring.cose", self.dir / "repo/metadata/1.root.json"
        for setting, value, code, about in (
                ("keyring", root, None, f"{root}: name the keyring package"),
                ("root", keyring, None, f"{keyring}: name the repository's root"),
                ("keyring", "none.cose", "not_found", "none.cose"),
                ("root", "none.json", "not_found", "none.json"),
                ("ca", "none.pem", "not_found", "none.pem"),
                ("ca", "empty.pem", "wrong_magic", "empty.pem: name the TLS authority's certificate"),
                ("ca", root, "wrong_magic", f"{root}: name the TLS authority's certificate"),
                ("ca", "ca.key", "wrong_magic", "ca.key: name the TLS authority's certificate"),
                ("firmware", "none", "not_found", "none/manifest.cose"),
                ("component", "mcu=none-a,none-b", "not_found", f"{self.dir}/none-a")):
            with self.assertRaises(Refused) as caught:
                self.provision(**{setting: value})
            self.assertIn(about, caught.exception.text)
            self.assertEqual(caught.exception.code, code or caught.exception.code)

    def test_an_error_names_the_file_at_fault(self):
        self.make_vendor()
        self.make_certificates()
        first = self.make_release("1.0.0", firmware(100_000, 1))
        alone = self.make_release("1.1.0", firmware(100_000, 2), signers=("vendor",))
        self.publish(first)
        self.start_server()
        self.make_device(first)
        folder = self.dir / "device"
        self.says("not_found", "none.cose", self.device, "install", "none.cose")
        self.says("quorum_missing", str(alone), self.device, "install", alone)
        self.server.kill()
        self.server.wait()
        self.says("unreachable", self.url, self.device, "run", "--once")
        for name in ("config.json", "areas/mcu-b.area"):
            (folder / name).rename(self.dir / "kept")
            self.says("not_found", str(folder / name), self.device, "boot")
            (self.dir / "kept").rename(folder / name)
        (folder / "device.key").unlink()
        self.device("status")
        self.device("boot")
        (folder / "device.pub").unlink()
        self.says("not_found", str(folder / "device.pub"), self.device, "status")

    def make_device_and_its_next_release(self):
        self.make_vendor()
        self.make_certificates()
        first = self.make_release("1.0.0", firmware(100_000, 1))
        second = self.make_release("1.1.0", firmware(100_000, 2))
        self.publish(first)
        self.publish(second)
        self.start_server()
        self.make_device(first)
        return second

    def test_what_the_device_itself_lacks_is_not_the_servers_fault(self):
        second = self.make_device_and_its_next_release()
        self.assertIn("nothing to do: no rollout speaks of this model", self.device("run", "--once"))
        self.roll_out(second)
        folder = self.dir / "device"
        (folder / "trust/ca.pem").rename(self.dir / "kept")
        self.says("tls_failed", f"{folder / 'trust/ca.pem'}: ", self.device, "run", "--once")
        (self.dir / "kept").rename(folder / "trust/ca.pem")
        shutil.rmtree(folder / "incoming")
        self.assertIn("1.1.0 was refused by the owner", self.device("run", "--once", "--refuse"))

    def test_a_damaged_file_of_the_device_is_at_fault_and_not_what_it_was_to_judge(self):
        second = self.make_device_and_its_next_release()
        self.roll_out(second)
        folder = self.dir / "device"
        run, install, status = ("run", "--once"), ("install", second, "--refuse"), ("status",)
        root = json.loads((folder / "trust/root.json").read_text())
        root["signed"]["version"] += 1
        for name, damage, code, lines in (
                ("areas/keyring.area", b"damaged, and long enough", "wrong_magic", (run, install, status)),
                ("areas/keyring.area", None, "not_found", (run, install, status)),
                ("device.key", b"damaged", "bad_key", (run,)),
                ("device.pub", b"damaged", "bad_key", (status,)),
                ("trust/root.json", b"damaged", "bad_metadata", (run,)),
                ("trust/root.json", None, "no_trust_anchor", (run,)),
                ("trust/root.json", json.dumps(root).encode(), "threshold_missing", (run,))):
            (folder / name).rename(self.dir / "kept")
            if damage is not None:
                (folder / name).write_bytes(damage)
            for line in lines:
                self.says(code, f"{folder / name}: ", self.device, *line)
            (self.dir / "kept").replace(folder / name)
        for artifact in (second / "artifacts").iterdir():
            artifact.rename(self.dir / "kept")
            self.says("not_found", f"{artifact}: ", self.device, *install)
            (self.dir / "kept").rename(artifact)
        self.device(*install)


main()
