"""The disk is full: a clear reason, nothing lost, and the update succeeds when there is room."""
import resource

from stage import *


class DiskFull(Stage):
    def test_no_room_for_what_must_be_stored(self):
        old = firmware(100_000, 1)
        new = random.Random(2).randbytes(400_000)
        self.set_up(old, new)

        def small_disk():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

        self.try_update("release-1.1.0", preexec_fn=small_disk)
        self.assertEqual(self.status()["last_error"]["code"], "disk_full")
        self.assert_runs("1.0.0", old)
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", new)


main()
