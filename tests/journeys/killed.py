"""kill -9, again and again: of the device in every phase, of the server in the middle."""
from stage import *


class Killed(Stage):
    def setUp(self):
        super().setUp()
        self.old = firmware(400_000, 1)
        self.new = random.Random(3).randbytes(1_500_000)
        self.set_up(self.old, self.new)

    def start_device(self, *extra):
        child = subprocess.Popen(
            [str(BIN / "airlock-device"), "run", "--dir", str(self.dir / "device"), "--until-quiet",
             "--consent", self.manifest_digest("release-1.1.0"), "--json", *extra],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=self.dir,
            env=self.environment())
        self.children.append(child)
        return child

    def test_the_device_dies_in_every_phase_and_finishes(self):
        phases_seen = set()
        for _ in range(200):
            child = self.start_device()
            fresh = None
            for line in child.stdout:
                phase = json.loads(line).get("phase")
                if phase and phase not in phases_seen:
                    fresh = phase
                    child.send_signal(signal.SIGKILL)
                    break
            child.wait()
            if fresh is None:
                break
            phases_seen.add(fresh)
            self.assertIn(self.status()["version"], ("1.0.0", "1.1.0"))
        self.assertGreaterEqual(len(phases_seen), 8, phases_seen)
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", self.new)

    def test_the_device_dies_at_random_moments_and_finishes(self):
        dice = random.Random(11)
        for _ in range(30):
            child = self.start_device()
            time.sleep(dice.uniform(0.01, 0.25))
            child.send_signal(signal.SIGKILL)
            child.wait()
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", self.new)

    def test_the_server_dies_in_the_middle_and_comes_back(self):
        listen = self.url.removeprefix("https://")
        proxy = Proxy(self.url, [len(self.new) // 2], on_cut=lambda: self.server.kill())
        self.addCleanup(proxy.close)
        config = self.dir / "device/config.json"
        config.write_text(config.read_text().replace(self.url, proxy.url))
        child = self.start_device()
        child.wait(timeout=WAIT_SECONDS_MAX)
        self.server.wait()
        self.assertEqual(proxy.cuts, [], "the story was to kill the server while it sends")
        self.assert_runs("1.0.0", self.old)
        self.start_server(listen=listen)
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", self.new)
        self.assertLess(proxy.bytes_down, len(self.new) * 1.3, "what had arrived is not fetched again")


main()
