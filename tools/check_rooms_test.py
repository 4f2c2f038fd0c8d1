#!/usr/bin/env python3
"""See tools/check_rooms.py find each fault it is for: faults are planted under the real map."""
import pathlib
import tempfile
import unittest

import check_rooms

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAP = (ROOT / "rooms.cmake").read_text()


def faults_of(files, rooms=MAP):
    """The faults of a project of these files alone, {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {"rooms.cmake": rooms, **files}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return check_rooms.Check(root).run()[0]


class CheckRooms(unittest.TestCase):
    def assert_refused(self, name, header, why):
        spelled = header if header.startswith(("<", '"')) else f"<{header}>"
        found = [fault for fault in faults_of({name: f"#include {spelled}\n"}) if fault.startswith(f"{name}:1: ")]
        self.assertEqual(len(found), 1, (name, header))
        self.assertIn(why, found[0])

    def assert_allowed(self, name, *headers):
        text = "".join(f"#include <{header}>\n" for header in headers)
        self.assertEqual([fault for fault in faults_of({name: text}) if fault.startswith(name)], [])

    def test_finds_nothing_in_the_project(self):
        faults, count = check_rooms.Check(ROOT).run()
        self.assertEqual(faults, [])
        self.assertGreater(count, 0)

    def test_finds_what_lies_in_no_room(self):
        for name in ("core/lost/a.cc", "lost/a.cc", "lost/a.hpp"):
            self.assertIn(f"{name}: lies in no room of rooms.cmake", faults_of({name: ""}))

    def test_finds_a_room_that_is_not_listed(self):
        self.assert_refused("core/codec/a.cc", '"core/crypto/crypto.h"', "core/codec may not include core/crypto")
        self.assert_refused("core/codec/a.cc", "core/crypto/crypto.h", "core/codec may not include core/crypto")
        self.assert_refused("fleet/a.cc", '"publish/packs/packs.h"', "fleet may not include publish/packs")
        self.assert_refused("engine/embed/airlock/a.hpp", '"../../../server/http/http.h"', "may not include server/http")
        self.assert_refused("core/codec/a.inc", '"server/http/http.h"', "core/codec may not include server/http")

    def test_finds_paths_that_do_not_begin_at_the_root(self):
        self.assert_refused("core/codec/a.cc", '"../base/base.h"', "does not begin at the root")
        self.assert_refused("core/codec/a.cc", '"codec.h"', "is no path from the root")

    def test_finds_a_library_outside_the_rooms_that_list_it(self):
        for name, header, library in (
                ("core/base/a.cc", "openssl/evp.h", "crypto"),
                ("core/base/a.h", "secp256k1.h", "secp256k1"),
                ("server/rollout/a.cc", "boost/beast.hpp", "boost"),
                ("server/rollout/a.cc", "sqlite3.h", "sqlite3"),
                ("trust/tuf/a.cc", "nlohmann/json.hpp", "nlohmann_json"),
                ("trust/tuf/a.cc", "openssl/ssl.h", "ssl"),
                ("device/agent/a.cc", "curl/curl.h", "curl"),
                ("publish/release/a.cc", "divsufsort64.h", "divsufsort"),
                ("apps/airlock-server/main.cc", "CLI/CLI.hpp", "cli11")):
            self.assert_refused(name, header, f"it does not list {library}")

    def test_finds_a_library_that_the_map_does_not_know(self):
        self.assert_refused("host/text/a.cc", "fmt/core.h", "belongs to no library")
        self.assert_refused("host/text/a.cc", "gtest/gtest.h", "belongs to no library")

    def test_finds_what_is_not_freestanding_in_core(self):
        for header in ("vector", "string", "memory", "map", "functional", "iostream", "thread", "mutex", "chrono",
                       "random", "cstdio", "cstdlib", "unistd.h", "sys/stat.h"):
            self.assert_refused("core/slot/a.h", header, "core/slot is freestanding")
        self.assert_refused("core/slot/a.cc", "stdlib.h", "belongs to no library")
        self.assert_refused("core/slot/a_host.cc", "vector", "core/slot is freestanding")

    def test_lets_core_and_its_backend_have_what_they_list(self):
        self.assert_allowed("core/slot/a.cc", "array", "cstring", "new", "span")
        for name in ("core/crypto/a_host.cc", "core/crypto/a_library.cc"):
            self.assert_allowed(name, "memory", "openssl/evp.h", "secp256k1.h")
        self.assert_refused("core/crypto/a.cc", "openssl/evp.h", "it does not list crypto")
        self.assert_refused("core/crypto/a_host.cc", "curl/curl.h", "it does not list curl")

    def test_lets_tests_include_any_library(self):
        for name in ("core/slot/a_test.cc", "core/slot/a_test.h", "core/slot/a_fuzz.cc", "core/slot/a_bench.cc"):
            self.assert_allowed(name, "vector", "gtest/gtest.h", "nlohmann/json.hpp")

    def test_finds_a_second_unit_of_a_library_of_one_unit(self):
        seen = "boost is for one unit, and seen by server/http/a.cc, server/http/b.cc"
        one = {"server/http/a.h": "#include <boost/beast/http.hpp>\n", "server/http/a.cc": '#include "server/http/a.h"\n'}
        self.assertFalse([fault for fault in faults_of(one) if "one unit" in fault])
        self.assertIn(seen, faults_of({**one, "server/http/b.cc": "#include <boost/asio.hpp>\n"}))
        self.assertIn(seen, faults_of({**one, "server/http/b.h": '#include "server/http/a.h"\n',
                                       "server/http/b.cc": '#include "server/http/b.h"\n'}))

    def test_finds_what_the_map_lists_in_vain(self):
        for rooms, fault in (
                ("room(a/b ROOMS a/c)\nroom(a/c)", "rooms.cmake: a/b lists a/c, which is not above it"),
                ("room(a/b LIBS fmt)", "rooms.cmake: a/b lists fmt, which is no library"),
                ("library(fmt HEADERS fmt/)\nroom(a/b LIBS fmt)", "rooms.cmake: a/b lists fmt and includes nothing of it")):
            self.assertIn(fault, faults_of({}, rooms))


if __name__ == "__main__":
    unittest.main()
