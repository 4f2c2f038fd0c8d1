"""Secrets that lie online are replaced while the server serves: nobody is turned away, and nothing old lingers."""
import http.client

from stage import *

TAKEN_UP_SECONDS_MAX = 60  # the server looks once a second


class Certificates(Stage):
    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.make_certificates()
        self.start_server()

    def address(self, admin=False):
        host, port = (self.admin_url if admin else self.url).removeprefix("https://").split(":")
        return host, int(port)

    def shown(self, admin=False):
        """The certificate that a new connection sees."""
        context = ssl.create_default_context(cafile=self.dir / "ca.pem")
        with socket.create_connection(self.address(admin), timeout=WAIT_SECONDS_MAX) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as wire:
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

    def new_certificate(self):
        self.issue("new", "/CN=localhost", "DNS:localhost,IP:127.0.0.1", "serverAuth")
        return (self.dir / "new.pem").read_text()

    def test_a_new_certificate_is_taken_up_under_load(self):
        context = ssl.create_default_context(cafile=self.dir / "ca.pem")
        kept = http.client.HTTPSConnection(*self.address(), context=context)
        self.addCleanup(kept.close)
        answers, stop = [], threading.Event()

        def load():
            while not stop.is_set():
                wire = http.client.HTTPSConnection(*self.address(), context=context, timeout=WAIT_SECONDS_MAX)
                try:
                    wire.request("GET", "/healthz")
                    answers.append(wire.getresponse().status)
                except OSError as error:
                    answers.append(error)
                wire.close()

        def ask_the_kept():
            kept.request("GET", "/healthz")
            answer = kept.getresponse()
            answer.read()
            return answer.status

        self.assertEqual(ask_the_kept(), 200)
        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            renewed = self.new_certificate()
            self.put("key", "pem")
            self.wait_until(lambda: self.shown() == renewed)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(set(answers), {200})
        self.assertEqual(ask_the_kept(), 200)

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


main()
