"""The act of the demo in which a fee policy goes out in gray, misbehaves, and is taken back by its own metrics."""
import shutil
import time

from experiments import Experiments, Wallet, free_port
from fee_policy_updates import SWAP, policy
from stage import BIN, json, subprocess

WALLETS = 200  # beside the one of the story
FAILING = 4    # of ten payments, once the policy misbehaves
SECONDS_MAX = 25
BAR = 30


class GrayFees:
    """What the demo's stage needs for it; the plant and the wallets are those of the journey `experiments`."""

    ask, connection, fees, pay = Experiments.ask, Experiments.connection, Experiments.fees, Experiments.pay
    query, start_prometheus = Experiments.query, Experiments.start_prometheus

    def judging(self):
        """What the server is started with; nothing where there is no Prometheus to judge by."""
        self.prometheus_port = free_port() if shutil.which("prometheus") else None
        if self.prometheus_port is None:
            return ()
        return ("--prometheus", f"http://127.0.0.1:{self.prometheus_port}", "--judge-every", "1", "--outcomes-per-hour", "3600")

    def fee_limits(self):
        limits = self.dir / "wallet-limits.yaml"
        limits.write_text("airlock_fee_limits: 1\nrecipients: [treasury]\ncaps:\n  - {operation: swap, at_most: 5000}\n")
        return limits

    def wait_for(self, holds, what):
        end = time.monotonic() + SECONDS_MAX
        while not holds():
            self.assertLess(time.monotonic(), end, f"waited in vain for {what}")
            time.sleep(0.1)

    def make_policy(self, version, fee):
        path, out = self.dir / f"fees-{version}.yaml", f"fees-{version}"
        path.write_text(policy(version, at_least=fee))
        self.airlock("release", "fee-policy", "--model", "*", "--version", version, "--security-version", 1,
                     "--valid-for", "90d", "--policy", path, "--limits", self.dir / "wallet-limits.yaml", "--out", out)
        for signer in ("vendor", "finance-1"):
            self.sign(out, signer)
        return self.dir / out

    def install_policy(self, package):
        self.publish(package)
        self.device("install", package)
        return self.manifest_digest(package)

    def prepare_experiment(self, beside):
        """What takes time and needs nothing of the acts before this one."""
        self.ports = {"one": tuple(int(url.rpartition(":")[2]) for url in (self.url, self.admin_url))}
        self.scraping = beside.submit(self.start_prometheus)
        self.policies = [beside.submit(self.make_policy, *policy) for policy in (("1.0.0", 1000), ("1.1.0", 900))]

    def begin_experiment(self):
        self.old, self.new = (self.install_policy(package.result()) for package in self.policies)
        self.device("fees", "--restore", "1.0.0")
        self.scraping.result()
        self.wallets = [Wallet(number) for number in range(WALLETS)]
        self.ask("one", "POST", "/admin/v1/devices", {"keys": [one.public.hex() for one in self.wallets], "why": "demo"}, admin=True)
        definition = {"name": "lower-fees", "baseline": self.old, "arms": [{"name": "gray", "policy": self.new}], "jitter": 0,
                      "ramp": [{"share": 5000, "seconds": 3600, "samples": 1_000_000}], "window": 60, "samples": 300, "hold": 3600}
        (self.dir / "fees.json").write_text(json.dumps(definition))
        self.operator("experiment", "create", "--file", "fees.json", "--why", "lower fees for half of the wallets")
        self.wait_for(lambda: self.ask("one", "POST", "/v1/fees", {"duid": "any"})["experiments"], "the experiment")

    def follow(self):
        """The wallet of the story, which runs and asks by itself."""
        child = subprocess.Popen([BIN / "airlock-device", "fee", "--dir", self.dir / "device", "--follow"], text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.environment())
        self.children.append(child)
        remembered = self.dir / "device/fees/wallet.json"
        self.wait_for(lambda: remembered.exists() and '"arm"' in remembered.read_text(), "the wallet to be advised")
        return child

    @staticmethod
    def charged(wallet):
        wallet.stdin.write(SWAP + "\n")
        wallet.stdin.flush()
        return json.loads(wallet.stdout.readline())["version"]

    def plot(self, second, failing, paint):
        """One line a second: how many wallets serve the gray policy, and how their payments go."""
        gray = sum(one.told[0]["arm"] == "gray" for one in self.wallets)
        served = "█" * round(BAR * gray / WALLETS)
        failed = paint("31", "▇" * FAILING) if failing and gray else ""
        print(f"   {paint('2', '│')} {second:4.1f} s  gray {served:{BAR}} {gray:3} of {WALLETS} wallets   "
              f"failed {failing * 10 if gray else 0:2} % {failed}", flush=True)
        return gray

    def taken_back(self, paint):
        """Plays payments until the server takes the policy back; returns the seconds from the first failure."""
        begun, broke = time.monotonic(), None
        while True:
            self.fees("one", self.wallets)
            second = time.monotonic() - begun
            failing = FAILING if second > 1.5 else 0
            if failing and broke is None:
                broke = time.monotonic()
            if self.plot(second, failing, paint) == 0:
                return time.monotonic() - broke
            self.assertLess(second, SECONDS_MAX, "the policy was not taken back")
            self.pay("one", self.wallets, 10, failing=failing)
            time.sleep(max(0, 1 - (time.monotonic() - begun - second)))
