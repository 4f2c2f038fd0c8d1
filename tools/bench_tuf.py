#!/usr/bin/env python3
"""A full refresh from the root alone, by airlock-tuf and its peers, of the same repository in the same run.

Usage: bench_tuf.py [ROUNDS]. AIRLOCK_BIN says where the programs are. Peers, each left out with a word
where it is absent:
  python-tuf   importable by this Python, or its and securesystemslib's checkouts named in TUF_PYTHONPATH
  tuf-js       a folder with node_modules/tuf-js named in TUFJS, or npm, which installs it into a scratch folder
CPU seconds (user and system) and peak memory are of the whole process; medians. A peer is ended after
60 seconds. Ends with 1 where a bar is missed.
"""
import functools
import http.server
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import bars  # noqa: E402
import tuf_repository  # noqa: E402

BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", ROOT / "build/release")).resolve()
COUNTS = (10, 1_000, 100_000)
SECONDS_MAX = 60
SIZE_MAX = 200_000_000  # the peers' defaults, and ours, refuse the largest file
CPU_RATIO_MIN, MEMORY_RATIO_MAX, FILE_RATIO_MAX = 10, 0.25, 4
BIN_BITS, TARGETS_IN_BINS, DOWNLOAD_BYTES_MAX = 10, 100_000, 256 << 10

PYTHON_TUF = """
import sys
from tuf.ngclient import Updater, UpdaterConfig
folder, url = sys.argv[1:]
Updater(folder, url, config=UpdaterConfig(targets_max_length={size}, snapshot_max_length={size})).refresh()
"""
TUF_JS = """
const {{ Updater }} = require('tuf-js');
const [folder, url] = process.argv.slice(-2);
new Updater({{ metadataDir: folder, metadataBaseUrl: url, config: {{ targetsMaxLength: {size}, snapshotMaxLength: {size} }} }})
  .refresh().catch((error) => {{ console.error(error); process.exit(1); }});
"""


class Server:
    """Hands out a folder, and counts the bytes that it sent."""

    def __init__(self, folder):
        server = self
        self.bytes = 0

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def copyfile(self, source, outputfile):
                data = source.read()
                server.bytes += len(data)
                outputfile.write(data)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.http.server_port}/"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


# Between this program and the measured one: what a process holds when it starts another counts as the
# other's peak, and this program holds whole repositories.
LAUNCHER = """
import os, signal, sys
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
signal.alarm(int(sys.argv[1]))
_, status, used = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def measure(command, **more):
    """Returns CPU seconds and peak memory in MiB, or None where it was ended after a minute."""
    launched = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, str(SECONDS_MAX), *map(str, command)], check=True,
                              stdout=subprocess.PIPE, text=True, **more)
    status, seconds, memory = launched.stdout.split()
    if int(status) == -signal.SIGKILL:
        return None
    if status != "0":
        sys.exit(f"error: {' '.join(map(str, command))} failed")
    return float(seconds), int(memory) / 1024


class Airlock:
    name = "airlock-tuf"

    def measure(self, folder, url):
        return measure([BIN / "airlock-tuf", "--metadata-dir", folder, "--metadata-url", url, "--metadata-size-max",
                        str(SIZE_MAX), "refresh"])


class PythonTuf:
    name = "python-tuf"

    def __init__(self):
        paths = [os.environ.get("TUF_PYTHONPATH"), os.environ.get("PYTHONPATH")]
        self.env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}

    def absent(self):
        found = subprocess.run([sys.executable, "-c", "import tuf.ngclient"], env=self.env, capture_output=True, text=True)
        return f"this Python cannot import it: {found.stderr.strip().splitlines()[-1]}" if found.returncode else None

    def measure(self, folder, url):
        return measure([sys.executable, "-c", PYTHON_TUF.format(size=SIZE_MAX), folder, url], env=self.env)


class TufJs:
    name = "tuf-js"

    def __init__(self, scratch):
        self.folder = pathlib.Path(os.environ.get("TUFJS") or scratch / "js")

    def absent(self):
        if shutil.which("node") is None:
            return "there is no node"
        if not (self.folder / "node_modules/tuf-js").is_dir():
            if shutil.which("npm") is None:
                return "there is no npm"
            self.folder.mkdir(exist_ok=True)
            made = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", self.folder,
                                   "tuf-js"], capture_output=True)
            if made.returncode:
                return "npm cannot install it"
        return None

    def measure(self, folder, url):
        return measure(["node", "-e", TUF_JS.format(size=SIZE_MAX), "--", folder, url], cwd=self.folder)


def make_repository(folder, count):
    repository = tuf_repository.Repository(folder)
    for i in range(count):
        path = f"firmware/2.{i}.0/demo-wallet-{i:08x}.cose"
        repository.targets["targets"][path] = repository.listing(path.encode())
    return repository


def median_of(client, repository, url, rounds, scratch):
    figures = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=scratch) as trust:
            shutil.copy(repository.root_file(), pathlib.Path(trust) / "root.json")
            figure = client.measure(trust, url)
        if figure is None:
            return None
        figures.append(figure)
    return tuple(statistics.median(column) for column in zip(*figures))


def bench_refresh(scratch, rounds):
    peers = []
    for peer in (PythonTuf(), TufJs(scratch)):
        why = peer.absent()
        if why:
            bars.left_out(f"a refresh beside {peer.name}", why)
        else:
            peers.append(peer)
    for count in COUNTS:
        repository = make_repository(scratch / str(count), count)
        repository.publish()
        size = (scratch / str(count) / "metadata/1.targets.json").stat().st_size / (1 << 20)
        server = Server(scratch / str(count) / "metadata")
        figures = {}
        for client in (Airlock(), *peers):
            figures[client.name] = median_of(client, repository, server.url, rounds, scratch)
            told = "ended after 60 s" if figures[client.name] is None else \
                "{:.3f} s CPU, {:.1f} MiB".format(*figures[client.name])
            print(f"refresh, {count} targets ({size:.1f} MiB): {client.name}: {told}", flush=True)
        server.close()
        compare(count, size, figures)


def compare(count, size, figures):
    seconds, memory = figures["airlock-tuf"]
    for name, figure in figures.items():
        if name != "airlock-tuf" and figure is not None:
            print(f"refresh, {count} targets: {figure[0] / seconds:.1f} times less CPU than {name}, "
                  f"{memory / figure[1]:.2f} of its memory")
    if count != max(COUNTS):
        return
    bars.at_most("memory of a refresh with 100 000 targets, times the file", memory / size, FILE_RATIO_MAX)
    if figures.get("python-tuf"):
        bars.at_least("CPU of a refresh with 100 000 targets, python-tuf's by ours", figures["python-tuf"][0] / seconds,
                      CPU_RATIO_MIN)
        bars.at_most("memory of a refresh with 100 000 targets, ours by python-tuf's", memory / figures["python-tuf"][1],
                     MEMORY_RATIO_MAX)


def bench_bins(scratch):
    """What a device fetches to find and download one of 100 000 targets that lie in hash bins."""
    folder = scratch / "bins"
    repository = make_repository(folder, TARGETS_IN_BINS)
    repository.add_target("firmware/9.9.9/demo.cose", b"content")
    repository.split_into_bins(BIN_BITS)
    repository.publish()
    server = Server(folder)
    client = [BIN / "airlock-tuf", "--metadata-dir", scratch / "bins-trust"]
    subprocess.run([*client, "init", repository.root_file()], check=True)
    subprocess.run([*client, "--metadata-url", server.url + "metadata/", "--target-base-url", server.url + "targets/",
                    "--target-dir", scratch / "bins-targets", "--target-name", "firmware/9.9.9/demo.cose", "download"],
                   check=True, stdout=subprocess.DEVNULL)
    server.close()
    bars.at_most(f"KiB fetched for one of {TARGETS_IN_BINS} targets in {1 << BIN_BITS} hash bins", server.bytes / 1024,
                 DOWNLOAD_BYTES_MAX >> 10)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as scratch:
        bench_refresh(pathlib.Path(scratch), rounds)
        bench_bins(pathlib.Path(scratch))
    sys.exit(bars.verdict())


if __name__ == "__main__":
    main()
