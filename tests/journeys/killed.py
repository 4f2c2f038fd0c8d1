"""kill -9, again and again: of the device in every phase, of the server in the middle."""
import fcntl

from stage import *

BEFORE_COMMIT = ["asking", "refreshing", "proving", "gating", "staging", "verifying", "consenting", "activating",
                 "rebooting", "trial"]


class Dying(Stage):
    def setUp(self):
        super().setUp()
        self.old = firmware(400_000, 1)
        self.new = random.Random(3).randbytes(1_500_000)
        self.set_up(self.old, self.new)

    def start_device(self, *extra, command=("run", "--until-quiet"), consent="release-1.1.0",
                     stdout=subprocess.DEVNULL):
        name, *options = command
        child = subprocess.Popen(
            [str(BIN / "airlock-device"), name, "--dir", str(self.dir / "device"), *options,
             "--consent", self.manifest_digest(consent), "--json", *extra],
            stdout=stdout, stderr=subprocess.DEVNULL, cwd=self.dir, env=self.environment())
        self.children.append(child)
        return child

    def kill(self, child):
        """The kill must hit: a device that had ended by itself would have another status."""
        child.send_signal(signal.SIGKILL)
        self.assertEqual(child.wait(), -signal.SIGKILL, "the device had ended already")

    def phase(self):
        return self.status()["phase"]

    def die_in_the_next_phase(self, *extra, **how):
        """Lets the device work through the phase in which it stands, kills it at the door of the next, and returns
        that one. The device says each phase before its work begins, into a pipe that holds one line and that nobody
        reads: so it waits there."""
        before = self.phase()
        drain, pipe = os.pipe2(os.O_DIRECT | os.O_CLOEXEC)
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)
        if before == "idle":
            os.write(pipe, b"\n")  # nobody says this phase, so that the next one's line would still fit
        child = self.start_device(*extra, **how, stdout=pipe)
        os.close(pipe)
        if before == "staging":
            os.read(drain, 4096)  # this phase says a second line, when the first block has come
        until = time.monotonic() + WAIT_SECONDS_MAX
        while self.phase() == before and time.monotonic() < until:
            time.sleep(0.01)
        self.kill(child)
        os.close(drain)
        return self.phase()

    def phases_of_deaths(self, *extra):
        """One death a phase, until the session is over."""
        phases = [self.die_in_the_next_phase(*extra)]
        while phases[-1] != "idle" and len(phases) < 20:
            phases.append(self.die_in_the_next_phase(*extra))
        return phases


class Killed(Dying):
    def test_the_device_dies_in_every_phase_and_finishes(self):
        phases = self.phases_of_deaths()
        self.assertEqual(phases, [*BEFORE_COMMIT, "committing", "reporting", "idle"])
        self.assert_runs("1.1.0", self.new)
        self.assertIsNone(self.status()["last_error"])

    def test_the_device_dies_in_every_phase_of_a_failing_trial_and_goes_back(self):
        phases = self.phases_of_deaths("--trial", "unhealthy")
        self.assertEqual(phases, [*BEFORE_COMMIT, "reverting", "reporting", "idle"])
        self.assert_runs("1.0.0", self.old)
        self.assertEqual(self.status()["last_revert"]["reason"], "unhealthy")

    def test_the_device_dies_in_every_phase_of_a_restore_and_finishes(self):
        third = self.make_release("1.2.0", self.new, security=1)
        self.device("install", third, "--consent", self.manifest_digest(third))
        kept = {"consent": "release-1.0.0"}
        phases = [self.die_in_the_next_phase(command=("revert",), **kept)]
        errands = [self.status()["errand"]]
        while phases[-1] != "idle" and len(phases) < 20:
            phases.append(self.die_in_the_next_phase(**kept))
            errands.append(self.status()["errand"])
        self.assertEqual(phases, ["consenting", "reverting", "reporting", "idle"])
        self.assertEqual(errands, ["restore", "restore", "restore", None])
        self.assert_runs("1.0.0", self.old)
        self.assertEqual(self.status()["last_revert"]["reason"], "reverted_on_request")
        newest = json.loads(self.operator("reports", "--json"))["reports"][0]
        self.assertEqual((newest["outcome"], newest["manifest"]), ("went_back", self.manifest_digest(third)))

    def test_the_device_dies_while_blocks_arrive_and_finishes(self):
        cuts = [700_000, 1_400_000]
        wire = self.put_wire_between(cuts, on_cut=lambda: self.child.send_signal(signal.SIGKILL))
        for _ in cuts:
            self.child = self.start_device()
            self.assertEqual(self.child.wait(), -signal.SIGKILL)
            self.assertEqual(self.phase(), "staging")
        self.assertEqual(wire.cuts, [])
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", self.new)

    def test_the_device_dies_at_random_moments_and_finishes(self):
        dice = random.Random(11)
        deaths = 0
        while self.status()["version"] == "1.0.0":
            self.assertLess(deaths, 300, "the device never gets anywhere")
            child = self.start_device()
            time.sleep(dice.uniform(0, 0.002 * (deaths + 1)))  # longer each time, on a machine of any speed
            child.send_signal(signal.SIGKILL)
            deaths += child.wait() == -signal.SIGKILL
            self.assertIn(self.status()["version"], ("1.0.0", "1.1.0"))
        self.assertGreaterEqual(deaths, 5, "the story was to kill the device while it works")
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", self.new)

    def test_the_server_dies_in_the_middle_and_comes_back(self):
        listen = self.url.removeprefix("https://")
        wire = self.put_wire_between([len(self.new) // 2], on_cut=lambda: self.server.kill())
        child = self.start_device()
        child.wait(timeout=WAIT_SECONDS_MAX)
        self.server.wait()
        self.assertEqual(wire.cuts, [], "the story was to kill the server while it sends")
        self.assert_runs("1.0.0", self.old)
        self.start_server(listen=listen)
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", self.new)
        self.assertLess(wire.bytes_down, len(self.new) * 1.3, "what had arrived is not fetched again")


@needs_fake_clock
class KilledForLong(Dying):
    certificate_days = 365  # beyond that clock, or it would come no further than TLS

    def test_it_installs_what_it_proved_though_the_metadata_expired_meanwhile_aktualizr_1548(self):
        while self.die_in_the_next_phase() != "activating":
            pass
        self.update("release-1.1.0", env=clock_at("+60d"))
        self.assert_runs("1.1.0", self.new)
        self.assertIsNone(self.status()["last_error"])


main()
