"""A release goes out to a whole fleet: in one process on a simulated clock, and over TLS to real servers."""
from stage import *

SECONDS_MAX = 1800  # of a simulation, on a busy machine
# Sanitizers ask for fewer (CMakePresets.json). make fleet has a million updates in one process, and asks for 5000 over TLS.
UPDATES = int(os.environ.get("AIRLOCK_FLEET_UPDATES", "20000"))
DEVICES = int(os.environ.get("AIRLOCK_FLEET_DEVICES", "10000"))
REAL_UPDATES = int(os.environ.get("AIRLOCK_FLEET_REAL_UPDATES", "1000"))
REAL_DEVICES = 250


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_for_file(folder, name):
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not list(folder.rglob(name)):
        assert time.monotonic() < end, f"no {name}"
        time.sleep(0.05)


class Fleet(Stage):
    def judge(self, tally, updates):
        self.assertEqual(tally["bricks"] + tally["wrong"] + tally["unconsented"] + tally["late"], 0, tally)
        self.assertEqual(tally["done"] + tally["refused"], updates, tally)
        self.assertGreater(tally["cuts"], updates // 100)
        self.assertGreater(tally["losses"], updates // 100)
        self.assertGreater(tally["reported"], tally["done"] * 9 // 10)

    def simulate(self, name):
        """One after the other: each takes 1 GB. Where there is memory to write to, nobody waits for a disk."""
        quick = {"TMPDIR": "/dev/shm"} if os.access("/dev/shm", os.W_OK) else None
        out = self.airlock("fleet", "simulate", "--devices", DEVICES, "--updates", UPDATES, "--seed", 7, "--json",
                           "--svg", name, timeout=SECONDS_MAX, env=quick)
        return out, (self.dir / name).read_text()

    def test_every_device_with_a_willing_owner_ends_on_the_new_version_twice_the_same(self):
        told, curve = self.simulate("first.svg")
        tally = json.loads(told)
        self.judge(tally, UPDATES)
        self.assertTrue(all(tally["cuts_by_tenth"]), tally)
        self.assertGreater(tally["expired"], 0)
        self.assertIn("updates that no owner refused are done", curve)
        self.assertEqual(self.simulate("second.svg"), (told, curve))

    def test_a_fleet_that_nobody_can_reach_ends_with_status_1(self):
        with self.assertRaises(Refused) as caught:
            self.airlock("fleet", "simulate", "--devices", 20, "--updates", 20, "--losses", 1, "--json")
        self.assertEqual(caught.exception.status, 1)
        self.assertEqual(json.loads(caught.exception.text.splitlines()[0])["late"], 20)

    def test_a_folder_that_is_there_already_is_left_alone(self):
        """By whatever name: the process's own number is in this one."""
        places = self.dir / "places"
        places.mkdir()
        script = ('mkdir "$TMPDIR/airlock-fleet-$$" && echo mine > "$TMPDIR/airlock-fleet-$$/devices.key" && '
                  'exec "$0" fleet simulate --devices 2 --updates 2')
        ran = subprocess.run(["sh", "-c", script, str(BIN / "airlock")], capture_output=True, text=True,
                             env=self.environment() | {"TMPDIR": str(places)})
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual([path.read_text() for path in places.rglob("*") if path.is_file()], ["mine\n"])

    def test_whatever_ends_the_simulation_its_folder_goes(self):
        places = self.dir / "places"
        places.mkdir()
        for end in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            fleet = subprocess.Popen([str(BIN / "airlock"), "fleet", "simulate", "--devices", "500", "--updates", "500000"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                     env=self.environment() | {"TMPDIR": str(places)})
            self.children.append(fleet)
            wait_for_file(places, "server.db")
            fleet.send_signal(end)
            self.assertEqual(fleet.wait(WAIT_SECONDS_MAX), -end)
            self.assertEqual(list(places.iterdir()), [])

    def test_airlock_becomes_the_simulator_beside_it_and_says_what_to_do_where_there_is_none(self):
        asked = self.airlock("fleet", "simulate", "--help")
        self.assertEqual(asked, self.run_program("airlock-fleet", "simulate", "--help"))
        self.assertIn("Usage: airlock fleet simulate", asked)
        self.refuses("usage", self.airlock, "fleet", "simulate", "--devices", "none")
        alone = self.dir / "alone" / "airlock"
        alone.parent.mkdir()
        shutil.copy(BIN / "airlock", alone)
        ran = subprocess.run([str(alone), "fleet", "simulate"], capture_output=True, text=True, env=self.environment())
        self.assertEqual((ran.returncode, ran.stdout), (1, ""))
        self.assertRegex(ran.stderr, "^error: not_found: .*; install airlock-fleet beside airlock\n$")

    def test_what_takes_hours_is_refused_where_time_is_real(self):
        for option in ("--slow", "--full", "--clocks"):
            self.refuses("usage", self.airlock, "fleet", "simulate", "--server", "https://127.0.0.1:1", "--ca", "ca.pem",
                         option, 0.1)

    def test_a_server_that_is_none_is_named(self):
        for server in ("http://127.0.0.1:8443", "foo"):
            refused = self.refuses("usage", self.airlock, "fleet", "simulate", "--server", server, "--ca", "ca.pem")
            self.assertEqual(refused.text, f"error: usage: --server {server}: write https://HOST:PORT\n")

    def test_without_a_number_of_updates_there_is_one_for_each_device(self):
        told = json.loads(self.airlock("fleet", "simulate", "--devices", 20, "--refusals", 1, "--json"))
        self.assertEqual((told["updates"], told["refused"], told["willing"], told["half_ms"]), (20, 20, 0, None))
        self.assertIn("every update was refused by its owner\n",
                      self.airlock("fleet", "simulate", "--devices", 20, "--refusals", 1))

    def test_the_same_devices_update_over_tls_from_two_real_servers(self):
        self.make_certificates()
        ports = [free_port() for _ in range(2)]
        servers = [word for port in ports for word in ("--server", f"https://127.0.0.1:{port}")]
        fleet = subprocess.Popen(
            [str(BIN / "airlock"), "fleet", "simulate", "--devices", str(REAL_DEVICES), "--updates", str(REAL_UPDATES),
             "--json", "--ca", "ca.pem", *servers],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment(), cwd=self.dir)
        self.children.append(fleet)
        processes = [self.serve(fleet.stderr.readline()) for _ in ports]
        out, err = fleet.communicate(timeout=SECONDS_MAX)
        self.assertEqual(fleet.returncode, 0, out + err)
        self.judge(json.loads(out), REAL_UPDATES)
        for process in processes:
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(WAIT_SECONDS_MAX), 0)

    def serve(self, line):
        """As the fleet says, with the certificate that it does not know."""
        ready, _, command = line.partition(": ")
        self.assertEqual(ready, "ready", line)
        program, *words = command.replace("CERTIFICATE", "server.pem").replace("KEY", "server.key").split()
        with open(self.dir / "servers.log", "ab") as log:
            process = subprocess.Popen([str(BIN / program), *words], stdout=log, stderr=log, env=self.environment(),
                                       cwd=self.dir)
        self.children.append(process)
        return process


if __name__ == "__main__":
    main()
