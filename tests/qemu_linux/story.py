"""A Linux system that updates its own root, A to B, started by GRUB under QEMU: kernel and root from Debian, made on the
spot. It restarts into the new root and keeps it; and it falls back by itself when the next one does not come up.

Usage: story.py      the programs from $AIRLOCK_BIN; QEMU_LINUX_LOG=FILE keeps what stood on the console, QEMU_ACCEL=kvm is
faster where it works
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "journeys"))
from stage import *

HERE = pathlib.Path(__file__).resolve().parent
LOADERS = HERE.parents[1] / "apps/airlock-device/loaders"
HOST_FROM_INSIDE = "10.0.2.2"  # QEMU's user network
GRUB = pathlib.Path("/usr/lib/grub/i386-pc")
MODULES = ("virtio_pci", "virtio_blk", "virtio_net")  # what Debian's cloud kernel has as modules
SECTOR, MIB = 512, 1 << 20
BOOT_MIB, SLOT_MIB, DATA_MIB = 64, 48, 128
MISSING = [tool for tool in ("qemu-system-x86_64", "grub-mkimage", "grub-editenv", "mke2fs", "sfdisk", "debugfs", "cpio",
                             "busybox", "dpkg-deb") if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
TOOLS = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}


def run(*args, **options):
    return subprocess.run([str(arg) for arg in args], check=True, capture_output=True, env=TOOLS, **options).stdout


def kernel_from_debian(folder):
    """(vmlinuz, {module: path}) of the newest cloud kernel in Debian's lists."""
    names = run("apt-cache", "pkgnames", "linux-image-6.1.0-", text=True).split()
    builds = [int(found[1]) for name in names if (found := re.fullmatch(r"linux-image-6\.1\.0-(\d+)-cloud-amd64", name))]
    if not builds:
        raise unittest.SkipTest("Debian's lists hold no cloud kernel; run apt-get update")
    folder.mkdir()
    run("apt-get", "download", "-q", f"linux-image-6.1.0-{max(builds)}-cloud-amd64", cwd=folder)
    run("dpkg-deb", "-x", next(folder.glob("*.deb")), folder / "unpacked")
    modules = {path.stem: path for path in (folder / "unpacked/lib/modules").rglob("*.ko")}
    return next((folder / "unpacked/boot").glob("vmlinuz-*")), modules


def with_what_they_need(names, modules):
    """Modules in an order in which they load."""
    ordered = []
    for name in names:
        needed = re.search(rb"\0depends=([^\0]*)\0", modules[name].read_bytes())[1].decode().split(",")
        for one in [*with_what_they_need([n for n in needed if n], modules), name]:
            if one not in ordered:
                ordered.append(one)
    return ordered


def put_programs(root, *programs):
    """Programs, and the libraries that they load."""
    (root / "bin").mkdir(parents=True, exist_ok=True)
    shutil.copy(shutil.which("busybox"), root / "bin/busybox")
    for program in programs:
        run("strip", "-o", root / "bin" / program.name, program)
        for library in re.findall(r"(/\S+) \(0x", run("ldd", program, text=True)):
            place = root / library.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, place)


def put_script(source, place):
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, place)
    place.chmod(0o755)


def file_system(folder, image, mib, kind="ext2"):
    run("mke2fs", "-q", "-t", kind, "-E", "root_owner=0:0", "-d", folder, image, f"{mib}M")
    return image


class Disk:
    """One disk with GRUB in its first sectors: boot, root a, root b, data."""

    def __init__(self, path, boot, data):
        self.path = path
        sizes = [BOOT_MIB, SLOT_MIB, SLOT_MIB, DATA_MIB]
        self.starts = [1 + sum(sizes[:at]) for at in range(4)]  # MiB
        with open(path, "wb") as disk:
            disk.truncate((1 + sum(sizes)) * MIB)
        table = "label: dos\n" + "".join(f"start={start}MiB, size={size}MiB, type=83\n" for start, size in zip(self.starts, sizes))
        run("sfdisk", "-q", path, input=table.encode())
        self.put(0, boot)
        self.put(3, data)

    def put(self, partition, image):
        run("dd", f"if={image}", f"of={self.path}", "bs=1M", f"seek={self.starts[partition]}", "conv=notrunc,sparse")

    def put_grub(self, core):
        with open(self.path, "r+b") as disk:
            disk.write((GRUB / "boot.img").read_bytes()[:440])  # it reads on at the next sector, where core.img begins
            disk.seek(SECTOR)
            disk.write(core)

    def read_from_boot(self, name, scratch):
        with open(self.path, "rb") as disk, open(scratch, "wb") as part:
            disk.seek(self.starts[0] * MIB)
            part.write(disk.read(BOOT_MIB * MIB))
        return run("debugfs", "-R", f"cat {name}", scratch)


class Console:
    """A machine's serial console, read as it comes."""

    def __init__(self, disk):
        command = ["qemu-system-x86_64", "-accel", os.environ.get("QEMU_ACCEL", "tcg"), "-m", "512", "-nographic", "-nic",
                   "user,model=virtio-net-pci", "-drive", f"file={disk},format=raw,if=virtio"]
        self.machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=TOOLS)
        self.seen, self.told = "", 0

    def wait_for(self, pattern, seconds=WAIT_SECONDS_MAX):
        """Waits for a line from where the last one was found; what was printed until then is told to whoever watches."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern + r"[^\n]*\n", self.seen[self.told :])):
            if time.monotonic() > end or self.machine.poll() is not None:
                raise AssertionError(f"no {pattern!r} on the console:\n{self.seen[-6000:]}")
            if select.select([self.machine.stdout], [], [], 1)[0]:
                self.seen += os.read(self.machine.stdout.fileno(), 1 << 16).decode("utf-8", "replace").replace("\r", "")
        self.told += found.end()
        print("   ", found[0].strip(), flush=True)
        return found

    def end(self):
        self.machine.kill()
        self.machine.wait()
        self.machine.stdout.close()
        if log := os.environ.get("QEMU_LINUX_LOG"):
            pathlib.Path(log).write_text(self.seen)


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)} (tools/install_packages.sh linux)")
class QemuLinux(Stage):
    def setUp(self):
        super().setUp()
        self.vmlinuz, self.modules = kernel_from_debian(self.dir / "kernel")
        self.make_vendor()
        self.make_certificates()
        self.issue("server", "/CN=localhost", f"DNS:localhost,IP:127.0.0.1,IP:{HOST_FROM_INSIDE}", "serverAuth")
        self.releases, roots = {}, {}
        for number, (version, init) in enumerate((("1.0.0", "root_init"), ("1.1.0", "root_init"), ("1.2.0", "sick_init"))):
            roots[version] = self.root_image(version, init)
            base = {"root": roots["1.0.0"]} if version == "1.1.0" else None
            self.releases[version] = self.make_release(version, {"root": roots[version]}, security=number + 1, bases=base)
            self.publish(self.releases[version])
        self.start_server()
        self.disk = Disk(self.dir / "disk", self.boot_partition(), self.data_partition())
        self.disk.put_grub(self.core())
        self.disk.put(1, self.write("root-1.0.0.img", roots["1.0.0"]))

    def write(self, name, content):
        (self.dir / name).write_bytes(content)
        return self.dir / name

    # ---- what the disk holds

    def root_image(self, version, init):
        root = self.dir / f"root-{version}"
        put_programs(root, BIN / "airlock-device")
        put_script(HERE / init, root / "sbin/init")
        for name in ("data", "boot", "dev", "proc", "sys", "etc"):
            (root / name).mkdir(exist_ok=True)
        for applet in ("sh", "cat", "watchdog", "ifconfig", "sync", "umount", "mount", "reboot", "sleep", "test"):
            (root / "bin" / applet).symlink_to("busybox")
        (root / "etc/version").write_text(f"{version}\n")
        return file_system(root, self.dir / f"root-{version}.ext2", 40).read_bytes()

    def initramfs(self):
        root = self.dir / "initramfs"
        put_programs(root, BIN / "airlock-device")
        put_script(HERE / "initramfs_init", root / "init")
        shutil.copy(LOADERS / "initramfs.sh", root / "airlock-initramfs.sh")
        (root / "modules").mkdir()
        for order, wanted in (("disk", MODULES), ("watchdog", ("softdog",))):
            names = with_what_they_need(wanted, self.modules)
            for name in names:
                shutil.copy(self.modules[name], root / "modules")
            (root / "modules" / order).write_text(" ".join(f"{name}.ko" for name in names))
        packed = self.dir / "initrd.gz"
        subprocess.run(f"cd {root} && find . | cpio -o -H newc -R 0:0 --quiet | gzip -1 > {packed}", shell=True, check=True, env=TOOLS)
        return packed

    def boot_partition(self):
        boot = self.dir / "boot"
        (boot / "grub").mkdir(parents=True)
        shutil.copy(self.vmlinuz, boot / "vmlinuz")
        shutil.copy(self.initramfs(), boot / "initrd")
        run("grub-editenv", boot / "grub/grubenv", "create")
        airlock = (LOADERS / "grub.cfg").read_text()
        (boot / "grub/grub.cfg").write_text(f"""serial --unit=0 --speed=115200
terminal_output serial
{airlock}
echo "GRUB starts slot $slot"
linux /vmlinuz console=ttyS0 quiet panic=1 airlock.slot=$slot
initrd /initrd
boot
""")
        return file_system(boot, self.dir / "boot.img", BOOT_MIB)

    def data_partition(self):
        factory = self.dir / "data/factory"
        factory.mkdir(parents=True)
        shutil.copytree(self.releases["1.0.0"], factory / "release-1.0.0")
        for source, name in ((self.dir / "keys/keyring.cose", "keyring.cose"), (self.dir / "repo/metadata/1.root.json", "root.json"),
                             (self.dir / "ca.pem", "ca.pem"), (HERE / "factory.sh", "provision.sh")):
            shutil.copy(source, factory / name)
        (factory / "server").write_text(self.url.replace("127.0.0.1", HOST_FROM_INSIDE) + "\n")
        consent = self.dir / "data/consent"  # the owner's key, who says yes to the next one
        consent.mkdir()
        for running, wanted in (("1.0.0", "1.1.0"), ("1.1.0", "1.2.0")):
            (consent / running).write_text(self.manifest_digest(self.releases[wanted]) + "\n")
        return file_system(self.dir / "data", self.dir / "data.img", DATA_MIB, "ext4")

    def core(self):
        core = self.dir / "core.img"
        run("grub-mkimage", "-O", "i386-pc", "-o", core, "-p", "(hd0,msdos1)/grub", "biosdisk", "part_msdos", "ext2", "normal",
            "linux", "test", "loadenv", "echo", "serial", "terminal")
        return core.read_bytes()

    # ---- the story

    def environment_of_grub(self):
        """As GRUB's own tool reads it from the disk."""
        block = self.write("grubenv", self.disk.read_from_boot("/grub/grubenv", self.dir / "boot-now.img"))
        return dict(line.split("=", 1) for line in run("grub-editenv", block, "list", text=True).splitlines())

    def test_it_updates_its_own_root_and_falls_back_when_the_next_does_not_come_up(self):
        console = Console(self.disk.path)
        self.addCleanup(console.end)
        key = console.wait_for(r"airlock: public key (.*END PUBLIC KEY-----\|)")[1]
        self.write("device.pub", key.replace("|", "\n").encode())
        self.operator("devices", "import", self.dir / "device.pub", "--why", "made in the factory")
        console.wait_for(r"airlock: slot a may run: ")
        console.wait_for(r"airlock: version 1\.0\.0 runs")
        self.roll_out(self.releases["1.1.0"])
        console.wait_for(r"error: restart_needed: ")
        console.wait_for(r"GRUB starts slot b")
        console.wait_for(r'airlock: slot b may run: .*"trial":true.*')
        console.wait_for(r"airlock: version 1\.1\.0 runs")
        console.wait_for(r"1\.1\.0 is installed")
        self.roll_out(self.releases["1.2.0"])
        for boot in range(5):
            console.wait_for(r"GRUB starts slot a")
            console.wait_for(r"airlock: version 1\.2\.0 hangs")
        console.wait_for(r"GRUB starts slot b")
        console.wait_for(r'airlock: slot b may run: .*"gave_up":"trial_exhausted".*')
        console.wait_for(r"airlock: version 1\.1\.0 runs")
        console.wait_for(r"1\.2\.0 was given up: trial_exhausted")
        console.end()
        told = self.environment_of_grub()
        self.assertEqual((told["airlock_active"], told.get("airlock_trial")), ("b", None))
        ended = [(report["version"], report["outcome"]) for report in json.loads(self.operator("reports", "--json"))["reports"]
                 if report["outcome"] != "progress"]
        self.assertEqual(ended, [("1.2.0", "went_back"), ("1.1.0", "committed")])


main()
