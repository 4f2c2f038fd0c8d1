"""The host's end of a device's line, without a device: which lines airlock-device relay takes, which it waits for, and what it says."""
import termios

from stage import *

SECONDS_AT_ONCE = 20  # on a busy machine; the patience is 20 minutes where none is named


class Relay(Stage):
    """Each story has a package to offer."""

    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.package = self.make_release("1.0.0", firmware(40_000, 1))

    def start(self, serial, *extra):
        relay = subprocess.Popen([str(BIN / "airlock-device"), "relay", "--serial", str(serial), "--package", str(self.package), *extra],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment(), cwd=self.dir,
                                 stdin=subprocess.DEVNULL)
        self.children.append(relay)
        limit = threading.Timer(WAIT_SECONDS_MAX, relay.kill)
        limit.start()
        self.addCleanup(limit.cancel)
        return relay

    def fails(self, code, serial, *extra, package=None):
        return self.refuses(code, self.run_program, "airlock-device", "relay", "--serial", serial, "--package", package or self.package,
                            *extra, timeout=SECONDS_AT_ONCE).text

    def listen(self, name):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.dir / name))
        listener.listen()
        listener.settimeout(WAIT_SECONDS_MAX)
        self.addCleanup(listener.close)
        return listener

    def point(self, link, to):
        """One name is a link to another now, as udev's names are."""
        (self.dir / "link.new").symlink_to(to)
        (self.dir / "link.new").rename(self.dir / link)

    def test_a_port_that_is_not_there_is_refused_at_once_by_its_name_and_with_what_to_do(self):
        for port in ("/dev/ttyACM77", "unix:nobody"):
            said = self.fails("not_found", port)
            self.assertIn(f"{port}: there is no such line; plug the device in, or name the line that it has", said)

    def test_what_is_no_line_is_refused_in_words(self):
        (self.dir / "plain").write_text("no port")
        for name, words in (("plain", "this is no serial port"), ("/dev/null", "this is no serial port"), (".", "this is no serial port"),
                            ("unix:", "names no socket"), ("unix:plain", "this is no socket"),
                            (f"unix:{'x' * 108}", "at most 107 bytes")):
            said = self.fails("usage", name)
            self.assertIn(f"--serial {name}: ", said)
            self.assertIn(words, said)

    def test_a_socket_that_nobody_holds_any_more_is_refused_at_once(self):
        self.listen("left").close()
        self.assertIn("unix:left: nobody listens there; start what holds this end", self.fails("unreachable", "unix:left"))

    def test_a_standard_input_that_ends_is_not_waited_for(self):
        said = self.fails("unreachable", "-")
        self.assertIn("standard input ended before the device had said how it ended", said)
        self.assertNotIn("waiting for it", said)

    def test_a_socket_that_was_open_is_waited_for_whatever_stands_in_its_place(self):
        first, second = self.listen("first"), self.listen("second")
        self.point("line", "first")
        relay = self.start("unix:line", "--json")
        near, _ = first.accept()
        (self.dir / "plain").write_text("no socket")
        for place in ("plain", "line", "nothing", "first"):  # a file, a loop, nothing, and what nobody holds
            self.point("line", place)
            if place == "plain":
                hang_up(near)
                first.close()
            time.sleep(0.5)
        self.assertIsNone(relay.poll())
        self.point("line", "second")
        again, _ = second.accept()
        again.close()
        self.assertEqual([json.loads(relay.stdout.readline()).get(key) for key in ("connected", "lost", "connected")], [True] * 3)

    def test_a_serial_port_that_was_open_is_waited_for_where_it_is_being_set_up_again(self):
        (far, near), (next_far, next_near) = pty.openpty(), pty.openpty()
        self.addCleanup(os.close, next_far)
        self.addCleanup(os.close, next_near)
        self.point("port", os.ttyname(near))
        relay = self.start("port", "--json")
        self.assertTrue(json.loads(relay.stdout.readline())["connected"])
        self.point("port", "port")  # neither there nor gone
        os.close(near)
        os.close(far)
        self.assertTrue(json.loads(relay.stdout.readline())["lost"])
        time.sleep(1)
        self.assertIsNone(relay.poll())
        self.point("port", os.ttyname(next_near))
        self.assertTrue(json.loads(relay.stdout.readline())["connected"])
        self.assertEqual(termios.tcgetattr(next_near)[3] & (termios.ICANON | termios.ECHO), 0)

    def test_a_line_that_does_not_come_back_is_told_and_given_up_with_what_stands_in_the_way(self):
        listener = self.listen("line")
        relay = self.start("unix:line", "--patience", "2")
        near, _ = listener.accept()
        (self.dir / "line").unlink()
        hang_up(near)
        out, err = relay.communicate(timeout=WAIT_SECONDS_MAX)
        self.assertRegex(out, r"the line is gone; waiting for it, [12] s more\n")
        self.assertIn("error: not_found: unix:line: ", err)

    def test_a_device_that_says_nothing_is_given_up(self):
        self.listen("line")
        self.assertIn("unix:line", self.fails("timed_out", "unix:line", "--patience", "1"))

    def test_a_script_gets_an_object_that_says_how_it_ended_whatever_that_is(self):
        self.listen("silent")
        (self.dir / "plain").write_text("neither a port nor a package")
        for code, serial, package in (("not_found", "nowhere", self.package), ("usage", "plain", self.package),
                                      ("timed_out", "unix:silent", self.package), ("not_found", "unix:silent", "nowhere")):
            said = self.fails(code, serial, "--json", "--patience", "1", package=package)
            last = [line for line in said.splitlines() if line.startswith("{")][-1]
            self.assertEqual((json.loads(last)["ended"], json.loads(last)["reason"]), ("failed", code), said)


main()
