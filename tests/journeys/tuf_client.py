"""airlock-tuf and servers that are an attacker's: each trick is refused by its code, at every place where it can be
played, nothing that was trusted is lost, and an honest server is believed afterwards."""
from attack_tuf import *


class HostileAnswers(TufClient):
    def setUp(self):
        super().setUp()
        self.download()
        root, timestamp, snapshot, targets, _, team, tool = self.server.asked
        self.places = {"root": root, "timestamp": timestamp, "snapshot": snapshot, "targets": targets, "team": team,
                       "target": tool}
        self.begin_anew()

    def refused(self, trick, codes, but=(), **options):
        """Plays the trick at each place in turn; `codes` is one code, or one for each kind of place, the rest "*"."""
        for place in set(self.places) - set(but):
            code = codes if isinstance(codes, str) else codes.get(place, codes["*"])
            with self.subTest(place=place):
                self.server.tricks = {self.places[place]: trick}
                self.refuses(code, self.download, **options)
                self.assert_clean()
                self.assertNotIn(TOOL, self.downloaded())
                self.recovers()
                self.begin_anew()

    def test_errors_of_the_server(self):
        for status in ("500 Internal Server Error", "401 Unauthorized", "204 No Content", "206 Partial Content", "999 Other"):
            self.refused(says(status), "http_failed")

    def test_what_is_not_there_or_forbidden(self):
        for status in ("404 Not Found", "403 Forbidden"):
            self.refused(says(status), "not_found", but=("root",))  # that there is no next root is how the chain ends
        self.server.tricks = {"metadata/2.root.json": says("403 Forbidden")}
        self.download()

    def test_redirects_off_the_origin_and_on_it(self):
        elsewhere = self.serve()
        for status in ("301 Moved Permanently", "307 Temporary Redirect"):
            for place, path in self.places.items():  # what stands there would be right
                for origin in (elsewhere.origin, self.server.origin, ""):
                    self.refused(redirects_to(f"{origin}/{path}?", status), "http_failed", but=set(self.places) - {place})
        self.assertEqual(elsewhere.asked, [])

    def test_bodies_without_an_end(self):
        # Where a higher role states the length, what is longer is another file.
        longer = {"snapshot": "mixed_metadata", "targets": "mixed_metadata", "team": "mixed_metadata", "*": "oversized"}
        for trick in (never_ends, never_ends_nor_says_how_long, bomb("Transfer-Encoding")):
            self.refused(trick, longer)

    def test_headers_without_an_end(self):
        for trick in (never_ends_its_headers, never_ends_one_header, never_ends_its_promises, never_ends_its_trailers):
            self.refused(trick, "http_failed")

    def test_who_is_slow_or_never_answers(self):
        for trick in (never_answers, drips_headers, drips_the_body):
            self.refused(trick, "timed_out", but=("snapshot", "targets"), patience=1)

    def test_lengths_that_are_wrong(self):
        self.refused(claims_less_than_it_sends, {"root": "bad_metadata", "timestamp": "bad_metadata",
                                                 "target": "target_mismatch", "*": "mixed_metadata"})
        for trick in (claims_more_than_it_sends, claims(1 << 62)):
            self.refused(trick, "interrupted")
        for length in (-1, "many"):
            self.refused(claims(length), "http_failed")

    def test_connections_that_are_closed_in_the_middle(self):
        for trick in (closes_at_once, closes_in_the_middle, closes_in_the_middle_of_a_chunk):
            self.refused(trick, "interrupted")

    def test_encodings_that_nobody_asked_for(self):
        # What is packed stays packed: it is not the file.
        other = {"root": "bad_metadata", "timestamp": "bad_metadata", "target": "target_mismatch", "*": "mixed_metadata"}
        self.refused(packs, other)
        self.refused(bomb("Content-Encoding"), {**other, "timestamp": "oversized", "target": "oversized"})

    def test_servers_that_speak_something_else(self):
        for trick in (speaks_no_http, speaks_another_protocol):
            self.refused(trick, "http_failed")

    def test_other_protocols_are_not_spoken(self):
        for origin in (f"file://{self.dir}/repo", "ftp://127.0.0.1", "gopher://127.0.0.1", "no address", ""):
            server = HostileServer(self.dir / "repo")
            self.addCleanup(server.close)
            server.origin = origin
            self.refuses("bad_text", self.download, server=server)
        self.recovers()

    def test_answers_to_what_was_not_asked(self):
        """What stands behind an answer is not taken for the next one's."""
        for path in self.places.values():
            self.server.tricks = {path: answers_twice}
            self.recovers()
            self.begin_anew()


class HostileTls(TufClient):
    def setUp(self):
        super().setUp()
        self.make_certificates()
        self.spoken = self.serve(tls=self.tls("server"))

    def tls(self, name, newest=ssl.TLSVersion.TLSv1_3):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = newest
        context.load_cert_chain(self.dir / f"{name}.pem", self.dir / f"{name}.key")
        return context

    def download_from(self, server, authority="ca.pem"):
        return self.download(server=server, extra=("--ca", authority))

    def recovers(self):
        self.spoken.tricks.clear()
        self.download_from(self.spoken)
        self.assertEqual(self.downloaded(), self.content)
        self.assert_clean()

    def test_a_certificate_of_another_name_or_authority(self):
        self.refuses("tls_failed", self.download_from, self.serve(tls=self.tls("admin")))
        self.refuses("tls_failed", self.download, server=self.spoken)
        self.refuses("tls_failed", self.download_from, self.spoken, authority="admin.pem")
        self.assertEqual(self.spoken.asked, [])
        self.recovers()

    def test_an_old_protocol_and_none(self):
        self.refuses("tls_failed", self.download_from, self.serve(tls=self.tls("server", ssl.TLSVersion.TLSv1_2)))
        self.server.origin = self.server.origin.replace("http:", "https:")
        self.refuses("tls_failed", self.download_from, self.server)
        self.assertEqual(self.server.asked, [])
        self.recovers()

    def test_a_redirect_to_no_tls(self):
        self.spoken.tricks = {"metadata/timestamp.json": redirects_to(f"{self.server.origin}/metadata/timestamp.json")}
        self.refuses("http_failed", self.download_from, self.spoken)
        self.assertEqual(self.server.asked, [])
        self.recovers()

    def test_a_connection_that_is_closed_in_the_middle(self):
        for trick in (closes_at_once, closes_in_the_middle, closes_in_the_middle_of_a_chunk):
            self.spoken.tricks = {"metadata/timestamp.json": trick}
            self.refuses("interrupted", self.download_from, self.spoken)
        self.recovers()


main()
