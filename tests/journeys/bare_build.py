"""core/ and airlock-mcu for Cortex-M4, built once however many journeys need them at the same time."""
import fcntl
import functools
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BARE = ROOT / "build/cortex-m"
BUILD_SECONDS_MAX = 900  # on a busy machine


@functools.cache
def build_bare():
    BARE.parent.mkdir(exist_ok=True)
    with open(BARE.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for args in (("--preset", "cortex-m", "-Wno-dev"), ("--build", "--preset", "cortex-m")):
            ran = subprocess.run(["cmake", *args], capture_output=True, text=True, cwd=ROOT, timeout=BUILD_SECONDS_MAX)
            if ran.returncode != 0:
                raise AssertionError(ran.stdout + ran.stderr)
