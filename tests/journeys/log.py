"""The public log: nothing runs that everybody cannot see, and nobody is shown another log than the rest."""
import http.client

from guide import *

ORIGIN = "log.example.com/demo"
NAMES = ("witness-1", "witness-2", "witness-3")


class Logged(Stage):
    """A vendor with a log, three witnesses of whom two must cosign, and a device that demands it."""

    house = None  # what the first story made; the others begin with copies

    def setUp(self):
        super().setUp()
        made = ("keys", "repo", "plain.cose")
        if Logged.house is None:
            self.make_vendor()
            self.make_log()
            Logged.house = tempfile.TemporaryDirectory(prefix="airlock-journey-log-")
            for name in made:
                self.copy(self.dir / name, pathlib.Path(Logged.house.name) / name)
        else:
            for name in made:
                self.copy(pathlib.Path(Logged.house.name) / name, self.dir / name)
        self.old = firmware(100_000, 1)
        self.make_certificates()
        for name in NAMES[:2]:
            self.start_witness(name)
        self.first = self.make_release("1.0.0", self.old)
        self.publish(self.first)
        self.start_server()
        self.make_device(self.first)

    @staticmethod
    def copy(source, to):
        (shutil.copytree if source.is_dir() else shutil.copy)(source, to)

    def make_log(self):
        for name in ("log", *NAMES):
            self.airlock("log", "key", "--out", f"keys/{name}")
        shutil.move(self.dir / "keys/keyring.cose", self.dir / "plain.cose")  # demands no log
        self.draft_keyring("keys/keyring.cose", 2)
        self.airlock("log", "init", "--log", "repo/log", "--origin", ORIGIN, "--key", "keys/log.key")

    def draft_keyring(self, out, cosigners):
        witnesses = [x for name in NAMES for x in ("--witness", f"{name}=keys/{name}.pub")]
        self.airlock("keyring", "draft", "--from", "plain.cose", "--log", f"{ORIGIN}=keys/log.pub", *witnesses,
                     "--cosigners", cosigners, "--out", out)
        for signer in ("root-1", "root-2", "root-3"):
            self.sign(out, signer)

    # ---- witnesses

    def witness_line(self, name, log, state, *extra):
        return ("log", "witness", "--name", name, "--key", f"keys/{name}.key", "--keyring", "keys/keyring.cose",
                "--log", log, "--state", state, *extra)

    def start_witness(self, name):
        """A process that looks every second, and shows what it cosigned in a folder."""
        log = open(self.dir / f"{name}.out", "ab")
        line = self.witness_line(name, "repo/log", f"{name}-state", "--out", name, "--every", "1s")
        self.children.append(subprocess.Popen([str(BIN / "airlock"), *map(str, line)], stdout=log, stderr=log,
                                              env=self.environment(), cwd=self.dir))
        log.close()

    def visit(self, name, log, state, out, *extra):
        """One look, by a witness with any memory."""
        return self.airlock(*self.witness_line(name, log, state, "--out", out, *extra))

    # ---- the vendor

    def publish(self, package, *extra):
        self.airlock("publish", package, "--repo", "repo", "--keys", "keys", "--keyring", "keys/keyring.cose",
                     "--log-key", "keys/log.key", *(x for name in NAMES[:2] for x in ("--cosigned", name)),
                     "--wait", "60s", *extra, timeout=DIFF_SECONDS_MAX)
        self.sign_timestamp()

    def offer_next(self):
        self.new = firmware(100_000, 2)
        self.second = self.make_release("1.1.0", self.new, security=2)
        self.publish(self.second)
        time.sleep(1.5)  # the server looks once a second
        self.roll_out(self.second)

    def proof_of(self, package):
        return self.dir / "repo/log/proof" / f"{self.manifest_digest(package)}.tlog-proof"

    def make_fork(self, *packages, cosigners, before=()):
        """A second log by the thief of the log's key, and of some witnesses' keys, who never saw another one."""
        self.airlock("log", "init", "--log", "fork", "--origin", ORIGIN, "--key", "keys/log.key")
        for package in (*before, *packages):
            self.airlock("log", "add", package, "--log", "fork", "--key", "keys/log.key", "--keyring",
                         "keys/keyring.cose")
        for name in NAMES[:cosigners]:
            self.visit(name, "fork", f"thief-{name}", f"thief-{name}-out")
        self.draft_keyring("thief.cose", max(1, cosigners))
        if cosigners == 0:
            self.visit(NAMES[0], "fork", "thief", "thief-out")
        cosigned = [f"thief-{name}-out" for name in NAMES[:cosigners]] or ["thief-out"]
        self.airlock("log", "prove", packages[-1], "--log", "fork", "--keyring", "thief.cose",
                     *(x for place in cosigned for x in ("--cosigned", place)))
        proof = packages[-1] / "manifest.tlog-proof"
        if cosigners == 0:
            lines = proof.read_text().splitlines(keepends=True)
            proof.write_text("".join(line for line in lines if "— witness" not in line))
        return proof

    def serve_fork(self, package, proof):
        """The server shows the fork to everybody who asks it: proof and tiles."""
        shutil.copy(proof, self.proof_of(package))
        shutil.rmtree(self.dir / "repo/log/tile")
        shutil.copytree(self.dir / "fork/tile", self.dir / "repo/log/tile")
        shutil.copy(self.dir / "fork/checkpoint", self.dir / "repo/log/checkpoint")

    def refuses_update(self, code, package=None):
        seen = self.status()["log"]
        self.refuses(code, self.update, package or self.second)
        self.assert_runs("1.0.0", self.old)
        self.assert_ended(code, "proving")
        self.assertEqual(self.status()["log"], seen)


class Log(Logged):
    def test_an_update_with_two_of_three_witnesses(self):
        self.assertEqual((self.status()["log"]["origin"], self.status()["log"]["seen"]), (ORIGIN, 1))
        self.offer_next()
        before = int(time.time())
        self.update(self.second)
        self.assert_runs("1.1.0", self.new)
        self.assertEqual(self.status()["log"]["seen"], 2)
        self.assertGreater(self.status()["time_bound"], before - 600)
        shown = json.loads(self.airlock("log", "verify", self.second, "--keyring", "keys/keyring.cose", "--json"))
        self.assertEqual((shown["index"], shown["size"]), (1, 2))
        self.assertEqual([one["witness"] for one in shown["cosigned"]], list(NAMES[:2]))
        self.assertIn(f"{ORIGIN}, 2 of 3 witnesses; seen: 2 entries", self.device("status"))

    def test_a_server_that_strips_the_proof(self):
        self.offer_next()
        self.proof_of(self.second).unlink()
        self.refuses_update("proof_missing")

    def test_a_view_for_this_device_alone_without_witnesses(self):
        self.offer_next()
        proof = self.make_fork(self.second, cosigners=0, before=(self.first,))
        self.serve_fork(self.second, proof)
        self.refuses_update("witnesses_missing")

    def test_a_fork_with_fewer_witnesses_than_needed(self):
        self.offer_next()
        proof = self.make_fork(self.second, cosigners=1)
        self.serve_fork(self.second, proof)
        self.refuses_update("witnesses_missing")

    def test_a_fork_with_witnesses_enough_forgets_what_the_device_saw(self):
        self.offer_next()
        proof = self.make_fork(self.second, cosigners=2)
        self.serve_fork(self.second, proof)
        self.refuses_update("log_forked")

    def test_a_log_that_goes_back_behind_what_the_device_saw(self):
        shutil.copytree(self.dir / "repo/log", self.dir / "young")
        self.offer_next()
        self.update(self.second)
        self.assertEqual(self.status()["log"]["seen"], 2)
        third = self.make_release("1.2.0", firmware(100_000, 3), security=2)
        self.publish(third)
        time.sleep(1.5)
        self.roll_out(third)
        # A log of two entries, the second one another than the device saw; cosigned by thieves.
        proof = self.make_fork(third, cosigners=2, before=(self.first,))
        self.serve_fork(third, proof)
        self.refuses("log_forked", self.update, third)
        self.assert_runs("1.1.0", self.new)
        # And one that does not serve any more what the device saw.
        shutil.rmtree(self.dir / "repo/log")
        shutil.copytree(self.dir / "young", self.dir / "repo/log")
        proof = self.make_proof_of_young(third)
        self.refuses("consistency_missing", self.update, third)
        self.assert_runs("1.1.0", self.new)

    def make_proof_of_young(self, package):
        """The proof under the newest checkpoint, from a server that shows the tiles of an old one."""
        shutil.copy(self.dir / "fork/checkpoint", self.dir / "checkpoint")
        target = self.proof_of(package)
        target.parent.mkdir(exist_ok=True)
        grown = self.dir / "grown"
        self.airlock("log", "init", "--log", "grown", "--origin", ORIGIN, "--key", "keys/log.key")
        for one in (self.first, self.second, package):
            self.airlock("log", "add", one, "--log", "grown", "--key", "keys/log.key", "--keyring", "keys/keyring.cose")
        for name in NAMES[:2]:
            self.visit(name, "grown", f"again-{name}", f"again-{name}-out")
        self.airlock("log", "prove", package, "--log", "grown", "--keyring", "keys/keyring.cose",
                     *(x for name in NAMES[:2] for x in ("--cosigned", f"again-{name}-out")))
        shutil.copy(package / "manifest.tlog-proof", target)
        return grown

    def test_a_package_by_hand_brings_its_proof(self):
        self.offer_next()
        digest = self.manifest_digest(self.second)
        self.server.terminate()
        self.server.wait()
        bare = shutil.copytree(self.second, self.dir / "bare")
        (bare / "manifest.tlog-proof").unlink()
        self.refuses("proof_missing", self.device, "install", bare, "--consent", digest)
        self.device("install", self.second, "--consent", digest)
        self.assert_runs("1.1.0", self.new)

    def test_nothing_is_published_without_its_proof(self):
        release = self.make_release("1.1.0", firmware(90_000, 2), security=2)
        publish = ("publish", release, "--repo", "repo", "--keys", "keys", "--keyring", "keys/keyring.cose")
        said = self.refuses("proof_missing", self.airlock, *publish).text
        self.assertIn("release-1.1.0/manifest.tlog-proof", said)
        self.refuses("witnesses_missing", self.airlock, *publish, "--log-key", "keys/log.key")
        shutil.copy(self.first / "manifest.tlog-proof", release)
        self.refuses("bad_proof", self.airlock, *publish)

    def test_a_witness_does_not_cosign_a_fork(self):
        self.offer_next()
        self.visit(NAMES[2], "repo/log", "state-3", "out-3")
        self.make_fork(self.second, cosigners=1)
        self.refuses("log_went_back", self.visit, NAMES[2], "fork", "state-3", "out-3")
        third = self.make_release("1.2.0", firmware(90_000, 3), security=2)
        self.airlock("log", "add", third, "--log", "fork", "--key", "keys/log.key", "--keyring", "keys/keyring.cose")
        self.refuses("log_forked", self.visit, NAMES[2], "fork", "state-3", "out-3")

    # ---- a log that is kept apart from the repository

    def serve_log(self, *extra):
        line = ("log", "serve", "--log", "repo/log", "--listen", "127.0.0.1:0", "--tls-cert", "server.pem",
                "--tls-key", "server.key", *extra)
        log = open(self.dir / "log-server.log", "ab")
        child = subprocess.Popen([str(BIN / "airlock"), *line], stdout=subprocess.PIPE, stderr=log, text=True,
                                 env=self.environment(), cwd=self.dir)
        log.close()
        self.children.append(child)
        return child, child.stdout.readline().removeprefix("listening ").strip()

    def test_a_log_is_served_alone_to_whoever_asks(self):
        child, url = self.serve_log()
        self.visit(NAMES[2], f"{url}/log", "state-3", "out-3", "--ca", "ca.pem")
        wire = http.client.HTTPSConnection(url.removeprefix("https://"),
                                           context=ssl.create_default_context(cafile=self.dir / "ca.pem"))

        def status(method, path):
            wire.request(method, path)
            answer = wire.getresponse()
            answer.read()
            return answer.status

        self.assertEqual(status("GET", "/log/checkpoint"), 200)
        self.assertEqual(status("HEAD", "/log/checkpoint"), 200)
        self.assertEqual(status("GET", "/metrics"), 200)
        for method, path in (("GET", "/log/log.lock"), ("GET", "/log/../metadata/1.root.json"), ("GET", "/log/"),
                             ("GET", "/tuf/timestamp.json"), ("POST", "/v1/check-in"), ("POST", "/log/checkpoint"),
                             ("GET", "/admin/v1/rollouts")):
            self.assertEqual(status(method, path), 404, (method, path))
        wire.close()
        child.terminate()
        self.assertEqual(child.wait(WAIT_SECONDS_MAX), 0)

    def test_where_no_log_is_none_is_served(self):
        self.refuses("not_found", self.airlock, "log", "serve", "--log", "keys", "--tls-cert", "server.pem",
                     "--tls-key", "server.key")


class Monitor(Logged, Guided):
    def monitor(self, repo=None, *extra):
        out = self.airlock("log", "monitor", "--repo", repo or self.url, "--ca", "ca.pem", "--root",
                           "repo/metadata/1.root.json", "--keyring", "keys/keyring.cose", "--state", "watched",
                           "--json", *extra)
        return [json.loads(line) for line in out.splitlines()]

    def test_each_release_is_told_once(self):
        entry, look = self.monitor()
        self.assertEqual((entry["index"], entry["kind"], entry["version"]), (0, "firmware", "1.0.0"))
        self.assertEqual((look["size"], look["cosigned"], look["releases"]), (1, 2, 1))
        self.offer_next()
        entry, look = self.monitor()
        self.assertEqual((entry["index"], entry["manifest"]), (1, self.manifest_digest(self.second)))
        self.assertEqual(len(self.monitor("repo")), 1)

    def test_whoever_was_robbed_sees_what_the_thief_had_logged(self):
        shutil.copy(self.dir / "repo/metadata/1.root.json", self.dir)
        look = lambda: self.follow("A signer", guide="a-key-was-stolen.md",
                                   changes=[("https://updates.example.com:8443", self.url)])
        self.assertIn("1.0.0", look())
        loot = self.make_release("6.6.6", firmware(90_000, 6), security=6)
        self.airlock("log", "add", loot, "--log", "repo/log", "--key", "keys/log.key", "--keyring", "keys/keyring.cose")
        self.assertIn(self.manifest_digest(loot), look())
        self.assertNotIn(self.manifest_digest(loot), look())

    def test_a_release_that_is_not_in_the_log(self):
        self.monitor()
        secret = self.make_release("1.1.0", firmware(90_000, 2), security=2)
        self.airlock("publish", secret, "--repo", "repo", "--keys", "keys", "--keyring", "plain.cose")
        self.sign_timestamp()
        refusal = self.refuses("not_in_log", self.monitor)
        self.assertIn("firmware/1.1.0/", refusal.text)

    def test_a_logged_release_that_the_repository_hides(self):
        hidden = self.make_release("1.1.0", firmware(90_000, 2), security=2)
        self.airlock("log", "add", hidden, "--log", "repo/log", "--key", "keys/log.key", "--keyring",
                     "keys/keyring.cose")
        self.assertIsNone(self.monitor()[1]["target"])

    def test_a_fork_and_a_log_that_goes_back(self):
        shutil.copytree(self.dir / "repo/log", self.dir / "young")
        self.offer_next()
        self.monitor()
        self.refuses("log_went_back", self.monitor, "repo", "--log", "young")
        self.make_fork(self.second, self.first, cosigners=2)
        self.refuses("log_forked", self.monitor, "repo", "--log", "fork")
        self.assertEqual((self.dir / "watched/log/contradiction").read_bytes(),
                         (self.dir / "fork/checkpoint").read_bytes())


main()
