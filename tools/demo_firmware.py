"""Three successive versions of real firmware for the demo: from the corpus where it is there,
otherwise kernels from Debian's archive, unpacked. Never made-up bytes."""
import pathlib
import re
import struct
import subprocess

COUNT = 3


class NoFirmware(Exception):
    pass


def of_corpus(corpus):
    folder = pathlib.Path(corpus) / "firmware/trezor-t2t1"
    files = sorted(folder.glob("*.bin"))
    if len(files) < COUNT:
        return None
    return "Trezor Model T", [(path.stem, path.read_bytes()) for path in files[:COUNT]]


def of_debian(cache):
    """The newest three builds of the cloud kernel; each is downloaded once (26 MB)."""
    cache.mkdir(parents=True, exist_ok=True)
    architecture = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
    pattern = rf"^linux-image-6\.1\.0-[0-9]+-cloud-{architecture}$"
    found = subprocess.run(["apt-cache", "pkgnames", "linux-image-6.1.0-"], capture_output=True, text=True).stdout
    names = sorted((n for n in found.split() if re.match(pattern, n)), key=lambda n: int(n.split("-")[3]))
    if len(names) < COUNT:
        raise NoFirmware(f"Debian's lists hold {len(names)} builds of the cloud kernel; run apt-get update, or name "
                         "a corpus in AIRLOCK_CORPUS")
    return f"Debian cloud kernel, {architecture}", [kernel(cache, name) for name in names[-COUNT:]]


def download(package, cache):
    ran = subprocess.run(["apt-get", "download", "-q", package], cwd=cache, capture_output=True, text=True)
    if ran.returncode != 0:
        raise NoFirmware(f"{package} could not be downloaded ({' '.join(ran.stderr.split())}); run apt-get update, or name a "
                         "corpus in AIRLOCK_CORPUS")


def kernel(cache, package):
    image = cache / f"{package}.image"
    build = package.split("-")[3]
    if not image.exists():
        if not list(cache.glob(f"{package}_*.deb")):
            print(f"  downloading {package} from Debian …", flush=True)
            download(package, cache)
        folder = cache / package
        subprocess.run(["rm", "-rf", folder], check=True)  # what a run left that ended here
        subprocess.run(["dpkg-deb", "-x", next(cache.glob(f"{package}_*.deb")), folder], check=True)
        whole = cache / "unpacked"  # a run that ends here must not leave half a kernel under the image's name
        whole.write_bytes(unpack(next((folder / "boot").glob("vmlinuz-*")).read_bytes(), cache))
        whole.rename(image)
        subprocess.run(["rm", "-rf", folder], check=True)
    return f"6.1.{build}", image.read_bytes()


def unpack(packed, cache):
    """The kernel inside a vmlinuz: behind an x86 boot header, or compressed alone."""
    if packed[:2] == b"\x1f\x8b":
        return piped("gzip", packed, cache)
    if packed[0x202:0x206] != b"HdrS":
        return packed
    offset, length = struct.unpack("<II", packed[0x248:0x250])
    start = (packed[0x1F1] + 1) * 512 + offset
    payload = packed[start : start + length]
    if payload[:2] == b"\x1f\x8b":
        return piped("gzip", payload, cache)
    tool = {b"\x02\x21": "lz4", b"\xfd\x37": "xz", b"\x28\xb5": "zstd"}.get(payload[:2])
    return piped(tool, payload[:-4], cache) if tool else packed  # behind them stands the unpacked size


def piped(tool, payload, cache):
    ran = subprocess.run([tool, "-dc"], input=payload, capture_output=True)
    if ran.returncode != 0:
        raise NoFirmware(f"a kernel does not unpack ({' '.join(ran.stderr.decode(errors='replace').split())}); empty {cache}, or "
                         "name a corpus in AIRLOCK_CORPUS")
    return ran.stdout


def three_versions(corpus, cache):
    return of_corpus(corpus) or of_debian(pathlib.Path(cache))
