#!/usr/bin/env python3
"""See cmake/roots.cmake compile the roots of a PEM file in, byte for byte, and nothing else of it."""
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMPILER = os.environ.get("CXX", "c++")

PROJECT = f"""
cmake_minimum_required(VERSION 3.25)
project(embedding LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 20)
include({ROOT}/cmake/roots.cmake)
add_executable(embedded main.cc)
target_include_directories(embedded PRIVATE {ROOT})
airlock_embed_roots(embedded "${{AIRLOCK_ROOTS}}")
"""
MAIN = """
#include <cstdio>
#include "trust/x509/internal/embedded.h"
int main() {
  const auto pem = airlock::x509::internal::embedded_pem();
  return std::fwrite(pem.data(), 1, pem.size(), stdout) == pem.size() ? 0 : 1;
}
"""


def block(label, fill):
    return f"-----BEGIN {label}-----\n" + (fill * 64 + "\n") * 40 + f"{fill}+/=\n-----END {label}-----"


class EmbedRoots(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="airlock-roots-")
        self.addCleanup(place.cleanup)
        self.dir = pathlib.Path(place.name)
        (self.dir / "CMakeLists.txt").write_text(PROJECT)
        (self.dir / "main.cc").write_text(MAIN)

    def configure(self, pem):
        (self.dir / "roots.pem").write_text(pem)
        named = f"-DAIRLOCK_ROOTS={self.dir / 'roots.pem'}" if pem else "-DAIRLOCK_ROOTS="
        return subprocess.run(["cmake", "-S", self.dir, "-B", self.dir / "build", f"-DCMAKE_CXX_COMPILER={COMPILER}", named],
                              capture_output=True, text=True)

    def embedded(self, pem):
        self.assertEqual(self.configure(pem).returncode, 0)
        subprocess.run(["cmake", "--build", self.dir / "build"], check=True, capture_output=True)
        return subprocess.run([self.dir / "build/embedded"], check=True, capture_output=True, text=True).stdout

    def test_every_certificate_of_the_file_and_no_word_beside_them(self):
        one, two = block("CERTIFICATE", "A"), block("CERTIFICATE", "B")
        self.assertEqual(self.embedded(f'subject=CN = Wallet )pem" [root]; \\n\n{one}\n# and\n{two}\n'), f"{one}\n{two}")
        self.assertEqual(self.embedded(""), "")

    def test_no_private_key_and_no_file_without_a_certificate(self):
        for pem in (block("CERTIFICATE", "A") + "\n" + block("PRIVATE KEY", "B"), block("X509 CRL", "A"), "nothing\n"):
            made = self.configure(pem)
            self.assertNotEqual(made.returncode, 0, pem[:40])
            self.assertIn("must hold certificates and no private key", " ".join(made.stderr.split()))


if __name__ == "__main__":
    unittest.main()
