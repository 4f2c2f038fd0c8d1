"""Secrets that lie online are replaced while the server serves: nobody is turned away, and nothing old lingers."""
import http.client

from stage import *

TAKEN_UP_SECONDS_MAX = 60  # the server looks once a second


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


main()
