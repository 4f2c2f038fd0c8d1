"""An update takes 16 MiB at most, and no more for a large image than for a small one, but for its manifest."""
from stage import *

LIMIT_KIB = 16 << 10
SMALL, LARGE = 1 << 20, 256 << 20
PATCHED = 10 << 20  # of pieces that are each moved, so that its patch has nearly as many facts as one may
PIECE = 40
# Each block of 64 KiB has 32 bytes in the manifest, which is held, and copied once to be verified. The rest is what
# a wire and a scheduler make of it, run by run.
GROWTH_KIB_MAX = 2 * (LARGE // (64 << 10)) * 32 // 1024 + 1024

# A child has at least the peak of who starts it, so a small process must.
MEASURE = """import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(child, 0)
print("peak", used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Memory(Stage):
    def setUp(self):
        super().setUp()
        if is_sanitized():
            self.skipTest("a sanitizer takes memory of its own")

    def offer(self, version, security, size):
        image = os.urandom(size)
        package = self.make_release(version, image, security=security, extra=("--storage", "raw"))
        self.publish(package)
        return package

    def peak(self, *args):
        """KiB that one run of airlock-device took at the most."""
        command = [sys.executable, "-S", "-c", MEASURE, BIN / "airlock-device", *args]
        result = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                                env=self.environment(), cwd=self.dir, timeout=DIFF_SECONDS_MAX)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return int(re.search(r"peak (\d+)", result.stdout)[1])

    def peak_of_update(self, package):
        self.roll_out(package)
        used = self.peak("run", "--dir", "device", "--until-quiet", "--consent", self.manifest_digest(package))
        self.assertEqual(self.status()["version"], package.name.removeprefix("release-"))
        return used

    def test_a_patch_of_as_many_facts_as_can_be(self):
        base = os.urandom(PATCHED)
        pieces = [base[at:at + PIECE] for at in range(0, PATCHED, PIECE)]
        swapped = b"".join(pieces[at ^ 1] for at in range(len(pieces) & ~1))
        self.make_vendor()
        self.make_certificates()
        first = self.make_release("1.0.0", base, extra=("--storage", "raw"))
        self.publish(first)
        second = self.make_release("1.1.0", swapped, security=2, bases=base)
        kept = max(payload.get("scratch_size", 0) for component in self.inspect(second)["manifest"]["components"] for payload in component["payloads"])
        self.publish(second)
        self.start_server()
        self.make_device(first, slot="16M")
        used = self.peak_of_update(second)
        print(f"\npeak KiB: {used} for a patch whose facts take {kept >> 10} KiB")
        self.assertGreater(kept, 4 << 20)
        self.assertLessEqual(used, LIMIT_KIB)

    def test_the_size_of_the_image_does_not_matter(self):
        self.make_vendor()
        self.make_certificates()
        first = self.offer("1.0.0", 1, SMALL)
        small = self.offer("1.1.0", 2, SMALL)
        large = self.offer("1.2.0", 3, LARGE)
        self.start_server()
        self.make_device(first, slot="256M")
        of_small, of_large = self.peak_of_update(small), self.peak_of_update(large)
        by_hand = self.make_release("1.3.0", os.urandom(LARGE), security=4,
                                    extra=("--storage", "raw"))
        of_hand = self.peak("install", "--dir", "device", by_hand, "--consent", self.manifest_digest(by_hand))
        print(f"\npeak KiB: {of_small} for 1 MiB, {of_large} for 256 MiB, {of_hand} by hand")
        self.assertLessEqual(max(of_small, of_large, of_hand), LIMIT_KIB)
        self.assertLessEqual(max(of_large, of_hand) - of_small, GROWTH_KIB_MAX)


main()
