"""Secrets that lie online are replaced while the server serves: nobody is turned away, and nothing old lingers."""
import http.client
import itertools

from stage import *

TAKEN_UP_SECONDS_MAX = WAIT_SECONDS_MAX  # the server looks once a second


class Served(Stage):
    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.make_certificates()
        self.start_server()
        self.context = ssl.create_default_context(cafile=self.dir / "ca.pem")

    def address(self, admin=False):
        host, port = (self.admin_url if admin else self.url).removeprefix("https://").split(":")
        return host, int(port)

    def shown(self, admin=False):
        """The certificate that a new connection sees."""
        with socket.create_connection(self.address(admin), timeout=WAIT_SECONDS_MAX) as plain:
            with self.context.wrap_socket(plain, server_hostname="localhost") as wire:
                return ssl.DER_cert_to_PEM_cert(wire.getpeercert(True))

    def put(self, *names):
        """Takes new files in place, each in one step."""
        for name in names:
            (self.dir / f"new.{name}").replace(self.dir / f"server.{name}")

    def wait_until(self, what):
        end = time.monotonic() + TAKEN_UP_SECONDS_MAX
        while not what():
            self.assertLess(time.monotonic(), end, "it was not taken up")
            time.sleep(0.1)

    def events(self, event):
        lines = (self.dir / "server.log").read_text().splitlines()
        return [said for said in map(json.loads, lines) if said["event"] == event]

    def ask(self, wire):
        wire.request("GET", "/healthz")
        answer = wire.getresponse()
        answer.read()
        return answer.status

    def under_load(self, act):
        """Four clients connect again and again while `act` does something; one connection stays. Each gets its answer."""
        kept = http.client.HTTPSConnection(*self.address(), context=self.context)
        self.addCleanup(kept.close)
        answers, stop = [self.ask(kept)], threading.Event()

        def load():
            while not stop.is_set():
                wire = http.client.HTTPSConnection(*self.address(), context=self.context, timeout=WAIT_SECONDS_MAX)
                try:
                    answers.append(self.ask(wire))
                except OSError as error:
                    answers.append(error)
                wire.close()

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            act()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        answers.append(self.ask(kept))
        self.assertEqual(set(answers), {200})


class Certificates(Served):
    def new_certificate(self):
        self.issue("new", "/CN=localhost", "DNS:localhost,IP:127.0.0.1", "serverAuth")
        return (self.dir / "new.pem").read_text()

    def test_a_new_certificate_is_taken_up_under_load(self):
        def renew():
            for _ in range(3):
                renewed = self.new_certificate()
                self.put("key", "pem")
                self.wait_until(lambda: self.shown() == renewed)

        self.under_load(renew)

    def test_a_certificate_waits_for_its_key(self):
        present = (self.dir / "server.pem").read_text()
        renewed = self.new_certificate()
        self.put("pem")
        self.wait_until(lambda: self.events("tls_kept"))
        self.assertEqual(self.events("tls_kept")[-1]["code"], "key_mismatch")
        self.assertEqual(self.shown(), present)
        self.put("key")
        self.wait_until(lambda: self.shown() == renewed)
        self.assertEqual(len(self.events("tls_renewed")), 1)

    def test_a_damaged_file_is_no_certificate(self):
        present = (self.dir / "server.pem").read_text()
        (self.dir / "new.pem").write_text("-----BEGIN CERTIFICATE-----\n")
        self.put("pem")
        self.wait_until(lambda: self.events("tls_kept"))
        self.assertEqual(self.events("tls_kept")[-1]["code"], "wrong_magic")
        self.assertEqual(self.shown(), present)

    def test_operators_of_a_replaced_authority_are_let_in_no_more(self):
        self.operator("rollout", "list")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                     "next-ca.key", "-out", "next-ca.pem", "-days", "2", "-subj", "/CN=next CA")
        trusted = (self.dir / "ca.pem").read_text()
        (self.dir / "next-ca.pem").replace(self.dir / "ca.pem")
        self.wait_until(lambda: self.events("tls_renewed"))
        (self.dir / "trusted.pem").write_text(trusted)  # the server's own certificate is of the old one
        with self.assertRaises(Refused):
            self.airlock("rollout", "list", "--admin", self.admin_url, "--cert", "admin.pem", "--key", "admin.key",
                         "--ca", "trusted.pem")


class Rotation(Served):
    def rotate(self, every):
        return ("keys", "rotate", "--every", every, "--certificate", "server.pem=server.key", "--certificate",
                "admin.one", "--authority", "ca.pem", "--authority-key", "ca.key")

    def setUp(self):
        """The operator's certificate and key are one file, so that no command ever reads two that do not fit."""
        super().setUp()
        self.admin = self.dir / "admin.one"
        self.admin.write_text((self.dir / "admin.pem").read_text() + (self.dir / "admin.key").read_text())

    def test_certificates_of_server_and_operator_change_under_load(self):
        present = {self.shown()}
        rotating = subprocess.Popen([str(BIN / "airlock"), *self.rotate("5s")], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE, env=self.environment(), cwd=self.dir)
        self.children.append(rotating)

        def serve_four_certificates():
            def fourth():
                present.add(self.shown())
                self.airlock("rollout", "list", "--admin", self.admin_url, "--cert", self.admin, "--key", self.admin,
                             "--ca", "ca.pem")
                return len(present) >= 4
            self.wait_until(fourth)

        self.under_load(serve_four_certificates)
        self.assertIsNone(rotating.poll())

    def test_one_file_with_both_is_read_once_however_often_it_is_replaced(self):
        self.issue("other", "/CN=olivia", "DNS:olivia", "clientAuth")
        both = [self.admin.read_text(), (self.dir / "other.pem").read_text() + (self.dir / "other.key").read_text()]
        stop = threading.Event()

        def replace():
            for turn in itertools.count():
                if stop.is_set():
                    return
                new = self.dir / "admin.new"
                new.write_text(both[turn % 2])
                new.replace(self.admin)

        replacing = threading.Thread(target=replace)
        replacing.start()
        try:
            for _ in range(20):
                self.airlock("rollout", "list", "--admin", self.admin_url, "--cert", self.admin, "--key", self.admin,
                             "--ca", "ca.pem")
        finally:
            stop.set()
            replacing.join()

    def rotate_once(self, every):
        self.airlock(*self.rotate(every), "--once")

    def test_what_is_not_due_is_left_alone(self):
        """A certificate is due by its age, and where it would end before the next round."""
        made = [(self.dir / "server.pem").read_bytes()]
        for every in ("72h", "1s", "72h", "72h"):  # young; old; made for three seconds only; young
            time.sleep(1.1)
            self.rotate_once(every)
            made.append((self.dir / "server.pem").read_bytes())
        self.assertEqual([before == after for before, after in zip(made, made[1:])], [True, False, False, True])

    def test_what_was_stolen_is_replaced_now_however_young_and_lives_as_long_as_any(self):
        for name in ("server.pem", "admin.one"):
            made = (self.dir / name).read_bytes()
            self.airlock(*self.rotate("72h"), "--now")
            self.assertNotEqual((self.dir / name).read_bytes(), made)
        self.openssl("x509", "-in", "server.pem", "-noout", "-checkend", str(8 * 86400))
        self.openssl("x509", "-in", "admin.one", "-noout", "-checkend", str(8 * 86400))

    def test_one_failure_hides_no_other_secret(self):
        (self.dir / "server.pem").write_text("no certificate")
        admin = self.admin.read_bytes()
        time.sleep(1.1)
        self.refuses("wrong_magic", self.rotate_once, "1s")
        self.assertNotEqual(self.admin.read_bytes(), admin)


class Refreshing(threading.Thread):
    """A client of the repository door that refreshes again and again: one that remembers, or one that begins with the
    first root each time."""

    def __init__(self, story, name, remembers):
        super().__init__()
        self.story, self.trust, self.remembers = story, f"client-{name}", remembers
        self.seen, self.refused, self.stop = [], [], threading.Event()
        self.begin_anew()

    def begin_anew(self):
        shutil.rmtree(self.story.dir / self.trust, ignore_errors=True)
        self.tuf("init", "first-root.json")

    def tuf(self, *command):
        return self.story.run_program("airlock-tuf", "--metadata-dir", self.trust, "--metadata-url", f"{self.story.url}/tuf/",
                                      "--ca", "ca.pem", "--patience", WAIT_SECONDS_MAX, "--json", *command)

    def run(self):
        while not self.stop.is_set():
            try:
                if not self.remembers:
                    self.begin_anew()
                told = json.loads(self.tuf("refresh"))
                self.seen.append((told["root"], told["timestamp"]))
            except Refused as refused:
                if refused.code != "timed_out":  # of a machine that stood still
                    self.refused.append(refused.text)


class TimestampKey(Served):
    """Root lists the next keys in advance, and the key that signs changes while clients refresh: none is ever refused."""

    def setUp(self):
        super().setUp()
        self.keys = self.dir / "timestamp"
        (self.keys / "next").mkdir(parents=True)
        for end in ("key", "pub"):
            shutil.copy(self.dir / f"keys/repo-timestamp.{end}", self.keys)
        for name in ("2", "3"):
            self.airlock("keys", "make", f"timestamp/next/{name}", "--door", "repository")
            shutil.copy(self.keys / f"next/{name}.pub", self.dir)
        shutil.copy(self.dir / "repo/metadata/1.root.json", self.dir / "first-root.json")
        self.clients = [Refreshing(self, number, remembers=number % 2 == 0) for number in range(4)]

    def change_root(self, *changes):
        self.airlock("repo", "rotate", "--repo", "repo", "--role", "timestamp", *changes)
        (draft,) = json.loads(self.airlock("repo", "sign", "--repo", "repo", "--json"))["drafts"]
        self.airlock("repo", "sign", "--repo", "repo", "--key", "keys/repo-root.key", "--digest", draft["digest"])

    def offered(self):
        signed = json.loads((self.dir / "repo/metadata/timestamp.json").read_text())["signed"]
        roots = [int(path.name.split(".")[0]) for path in (self.dir / "repo/metadata").glob("*.root.json")]
        return max(roots), signed["version"]

    def wait_until_all_saw(self, wanted):
        self.wait_until(lambda: all(client.seen and client.seen[-1] >= wanted for client in self.clients))

    def change_keys(self):
        self.wait_until_all_saw((1, 1))
        self.change_root("--add", "2.pub", "--add", "3.pub")
        self.wait_until_all_saw((2, 1))  # in advance: no refresh that began before root 2 is still on its way
        rotating = subprocess.Popen([BIN / "airlock", "keys", "rotate", "--every", "2s", "--repo", "repo", "--timestamp-keys",
                                     "timestamp"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment(), cwd=self.dir)
        self.children.append(rotating)
        for name in ("2", "3"):
            half = (self.dir / f"{name}.pub").read_bytes()
            self.wait_until(lambda: (self.keys / "repo-timestamp.pub").read_bytes() == half)
            self.wait_until_all_saw(self.offered())
        rotating.terminate()
        rotating.wait()
        self.change_root("--remove", "keys/repo-timestamp.pub", "--remove", "2.pub")
        self.assertEqual(self.offered()[0], 3)
        self.airlock("repo", "timestamp", "--repo", "repo", "--key", "timestamp/repo-timestamp.key")
        self.wait_until_all_saw(self.offered())

    def test_the_timestamp_key_changes_while_clients_refresh_and_none_is_refused(self):
        for client in self.clients:
            client.start()
        try:
            self.change_keys()
        finally:
            for client in self.clients:
                client.stop.set()
            for client in self.clients:
                client.join()
        for client in self.clients:
            self.assertEqual(client.refused, [])
            self.assertEqual(client.seen, sorted(client.seen), "a client was brought something older")
            self.assertEqual(client.seen[-1], self.offered())
        print(f"{sum(len(client.seen) for client in self.clients)} refreshes, none refused", flush=True)


main()
