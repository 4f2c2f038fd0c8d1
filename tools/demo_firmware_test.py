#!/usr/bin/env python3
"""See tools/demo_firmware.py bring kernels from an archive: a small one that this test makes and serves, asked by the real
apt, with packages by the real dpkg-deb."""
import functools
import gzip
import hashlib
import http.server
import lzma
import os
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
import threading
import unittest
from unittest import mock

import demo_firmware

BUILDS = (8, 9, 10, 11)


class Requests(http.server.SimpleHTTPRequestHandler):
    asked = []

    def do_GET(self):
        Requests.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_):
        pass


def kernel_of(build):
    """Bytes that compress, and are of this build alone."""
    return f"Linux version 6.1.0-{build}".encode() * 500 + random.Random(build).randbytes(3000)


def boot_image(payload):
    """A vmlinuz for x86 by the boot protocol: 4 sectors of setup, then a stub, then the payload."""
    setup_sectors, stub = 4, b"\x90" * 100
    image = bytearray((setup_sectors + 1) * 512)
    image[0x1F1] = setup_sectors
    image[0x202:0x206] = b"HdrS"
    image[0x248:0x250] = struct.pack("<II", len(stub), len(payload))
    return bytes(image) + stub + payload


def by_xz(kernel):
    return boot_image(lzma.compress(kernel, check=lzma.CHECK_CRC32) + struct.pack("<I", len(kernel)))


def by_gzip(kernel):
    return boot_image(gzip.compress(kernel))  # its last four bytes are the size already


class OfDebian(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="airlock-archive-")
        self.addCleanup(place.cleanup)
        self.dir = pathlib.Path(place.name)
        self.archive, self.cache = self.dir / "archive", self.dir / "cache"
        self.archive.mkdir()
        self.architecture = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
        self.serve()
        self.configure_apt()

    def serve(self):
        Requests.asked = []
        handler = functools.partial(Requests, directory=self.archive)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"

    def configure_apt(self):
        """An apt of its own: lists, cache and sources in the test's folder, and no other archive than ours."""
        for folder in ("apt/lists/partial", "apt/cache/archives/partial", "apt/etc/parts", "apt/log"):
            (self.dir / folder).mkdir(parents=True)
        (self.dir / "apt/status").touch()
        (self.dir / "apt/etc/sources.list").write_text(f"deb [trusted=yes] {self.url} ./\n")
        conf = self.dir / "apt/apt.conf"
        places = {"Dir::State": "apt", "Dir::State::lists": "apt/lists", "Dir::State::status": "apt/status",
                  "Dir::Cache": "apt/cache", "Dir::Log": "apt/log", "Dir::Etc": "apt/etc",
                  "Dir::Etc::sourcelist": "apt/etc/sources.list", "Dir::Etc::sourceparts": "apt/etc/parts",
                  "Dir::Etc::parts": "apt/etc/parts", "Dir::Etc::preferencesparts": "apt/etc/parts"}
        lines = [f'{name} "{self.dir / path}";' for name, path in places.items()]
        lines += ['APT::Sandbox::User "root";', 'Acquire::Languages "none";', 'Acquire::http::Proxy "DIRECT";',
                  'Acquire::Retries "0";']
        conf.write_text("\n".join(lines) + "\n")
        environment = mock.patch.dict(os.environ, {"APT_CONFIG": str(conf)})
        environment.start()
        self.addCleanup(environment.stop)

    # ---- the archive

    def add(self, package, vmlinuz):
        tree = self.dir / "tree"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "boot").mkdir()
        (tree / "boot" / f"vmlinuz-{package.removeprefix('linux-image-')}").write_bytes(vmlinuz)
        told = f"Package: {package}\nVersion: 6.1.1-1\nArchitecture: {self.architecture}\nMaintainer: Nobody <a@example.com>\n"
        (tree / "DEBIAN/control").write_text(f"{told}Description: a kernel\n")
        deb = self.archive / f"{package}_6.1.1-1_{self.architecture}.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, deb], check=True, capture_output=True)
        shutil.rmtree(tree)
        content = deb.read_bytes()
        with open(self.archive / "Packages", "a") as lists:
            lists.write(f"{told}Filename: ./{deb.name}\nSize: {len(content)}\n"
                        f"SHA256: {hashlib.sha256(content).hexdigest()}\nDescription: a kernel\n\n")
        return deb

    def name(self, build, flavour="cloud-"):
        return f"linux-image-6.1.0-{build}-{flavour}{self.architecture}"

    def add_builds(self, builds=BUILDS, pack=by_xz):
        for build in builds:
            deb = self.add(self.name(build), pack(kernel_of(build)))
        self.update()
        return deb

    def update(self):
        subprocess.run(["apt-get", "update", "-q"], check=True, capture_output=True)

    def bring(self):
        with mock.patch("builtins.print"):
            return demo_firmware.of_debian(self.cache)

    def downloads(self):
        return sorted(path for path in Requests.asked if path.endswith(".deb"))

    def refused(self):
        with self.assertRaises(demo_firmware.NoFirmware) as caught:
            self.bring()
        return str(caught.exception)

    # ---- the tests

    def test_the_newest_three_builds_come_oldest_first_each_downloaded_once(self):
        self.add_builds()
        for other in (self.name(12, ""), self.name(12, "rt-"), self.name(13) + "-dbg"):
            self.add(other, by_xz(b"no cloud kernel"))
        self.update()
        title, versions = self.bring()
        self.assertEqual(title, f"Debian cloud kernel, {self.architecture}")
        self.assertEqual(versions, [(f"6.1.{build}", kernel_of(build)) for build in (9, 10, 11)])
        self.assertEqual(len(self.downloads()), 3)
        self.assertEqual(self.bring()[1], versions)
        self.assertEqual(len(self.downloads()), 3)

    def test_kernels_are_unpacked_however_they_were_packed(self):
        packs = [by_xz, by_gzip, gzip.compress, bytes]
        if shutil.which("lz4"):
            packs.append(lambda kernel: boot_image(self.piped(kernel, "lz4", "-l") + struct.pack("<I", len(kernel))))
        if shutil.which("zstd"):
            packs.append(lambda kernel: boot_image(self.piped(kernel, "zstd") + struct.pack("<I", len(kernel))))
        self.cache.mkdir()
        for number, pack in enumerate(packs):
            self.assertEqual(demo_firmware.unpack(pack(kernel_of(number)), self.cache), kernel_of(number), number)
        self.assertEqual(list(self.cache.iterdir()), [])

    @staticmethod
    def piped(kernel, *command):
        return subprocess.run([*command, "-c"], input=kernel, check=True, capture_output=True).stdout

    def test_a_kernel_that_does_not_unpack_is_no_firmware(self):
        for pack in (by_xz, by_gzip, gzip.compress):
            with self.assertRaisesRegex(demo_firmware.NoFirmware, "does not unpack"):
                demo_firmware.unpack(pack(kernel_of(1))[:-40], self.cache)
        self.add_builds(pack=lambda kernel: by_xz(kernel)[:-40])
        self.refused()
        self.assertEqual(list(self.cache.glob("*.image")), [])

    def test_a_run_that_ended_half_way_leaves_nothing_that_the_next_one_takes(self):
        self.add_builds()
        self.cache.mkdir()
        (self.cache / "unpacked").write_bytes(b"half a kernel")
        half = self.cache / self.name(11) / "boot"
        half.mkdir(parents=True)
        (half / "vmlinuz-half").write_bytes(b"half a package")
        self.assertEqual(self.bring()[1], [(f"6.1.{build}", kernel_of(build)) for build in (9, 10, 11)])

    def test_a_package_that_is_not_what_the_lists_say_is_refused(self):
        deb = self.add_builds()
        bent = bytearray(deb.read_bytes())
        bent[-1] ^= 1
        deb.write_bytes(bent)
        said = self.refused()
        self.assertIn(f"{self.name(11)} could not be downloaded", said)
        self.assertIn("AIRLOCK_CORPUS", said)
        self.assertEqual(list(self.cache.glob("*11*.deb")), [])

    def test_an_archive_that_lost_a_package_is_named(self):
        self.add_builds().unlink()
        self.assertIn("run apt-get update", self.refused())

    def test_fewer_than_three_builds_are_too_few(self):
        self.add_builds(BUILDS[:2])
        self.assertIn("Debian's lists hold 2 builds of the cloud kernel", self.refused())
        self.assertEqual(self.downloads(), [])

    def test_the_corpus_goes_first_where_it_has_three(self):
        corpus = self.dir / "corpus/firmware/trezor-t2t1"
        corpus.mkdir(parents=True)
        self.add_builds()
        for name in ("2.1.0", "2.2.0"):
            (corpus / f"{name}.bin").write_bytes(name.encode())
        with mock.patch("builtins.print"):
            self.assertIn("Debian", demo_firmware.three_versions(self.dir / "corpus", self.cache)[0])
        (corpus / "2.3.0.bin").write_bytes(b"2.3.0")
        title, versions = demo_firmware.three_versions(self.dir / "corpus", self.cache)
        self.assertEqual((title, [name for name, _ in versions]), ("Trezor Model T", ["2.1.0", "2.2.0", "2.3.0"]))


if __name__ == "__main__":
    unittest.main()
