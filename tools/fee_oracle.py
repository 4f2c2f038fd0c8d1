#!/usr/bin/env python3
"""Random fee policies and random questions, answered by `airlock fee eval --batch` and, beside it, by the whole
numbers of Python, which share no line with the engine. Any difference ends with 1, the seed and both answers.

Usage: fee_oracle.py CONTEXTS [--seed N] [--jobs N]      the program from $AIRLOCK_BIN (build/release)
       fee_oracle.py CONTEXTS --write FOLDER            the policies alone
"""
import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import random
import subprocess
import sys
import tempfile

BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", "build/release"))
LARGEST = 2**256 - 1
MODES = ("down", "up", "half-up", "half-even")
CHAINS = ("eip155:1", "eip155:10", "solana:mainnet")
ASSETS, OPERATIONS, TIERS = ("eth", "usdc", "sol"), ("swap", "send", "network"), ("", "gold", "silver")
RECIPIENTS = ("treasury", "partner", "referrer", "network")
CONTEXTS_A_POLICY = 2_000
DAY = 86_400


class Refused(Exception):
    pass


def fits(value):
    if value > LARGEST:
        raise Refused("fee_overflow")
    return value


def rounded(numerator, denominator, mode):
    whole, left = divmod(numerator, denominator)
    if mode == "up":
        return whole + (left > 0)
    if mode == "half-up":
        return (2 * numerator + denominator) // (2 * denominator)
    if mode == "half-even":
        twice = 2 * left
        return whole + (twice > denominator or (twice == denominator and whole % 2 == 1))
    return whole


class Policy:
    """A policy as data, its text, and its own answers."""

    def __init__(self, rng):
        self.rng = rng
        self.mode = rng.choice(MODES)
        self.edges = []  # amounts at which something changes
        self.rules = [self.rule(number) for number in range(rng.randint(1, 4))]
        if rng.random() < 0.7:
            self.rules[-1]["when"] = {}
        self.version = f"{rng.randint(0, 9)}.{rng.randint(0, 99)}.{rng.randint(0, 9)}"

    # ---- what is random

    def amount(self):
        shape = self.rng.randrange(8)
        if shape == 0:
            return self.rng.randint(0, 20)
        if shape == 1:
            return LARGEST - self.rng.randint(0, 3)
        if shape == 2:
            return max(0, min(LARGEST, 2**self.rng.randint(0, 256) + self.rng.randint(-2, 2)))
        return self.rng.getrandbits(self.rng.choice((20, 40, 63, 64, 65, 127, 128, 200, 256)))

    def asked_amount(self):
        if self.edges and self.rng.random() < 0.3:
            return max(0, min(LARGEST, self.rng.choice(self.edges) + self.rng.randint(-1, 1)))
        return self.amount()

    def rate(self):
        """The text of a rate, and its fraction."""
        unit, base = self.rng.choice((("%", 100), ("bp", 10_000)))
        places = self.rng.choice((0, 0, 1, 2, 3, 8, 13))
        digits = self.rng.choice((1, 1, 2, 2, 3))
        number = self.rng.randrange(10**digits * 10**places)
        text = str(number // 10**places) + (f".{number % 10**places:0{places}d}" if places else "")
        return text + unit, (number, base * 10**places)

    def when(self):
        condition = {}
        if self.rng.random() < 0.5:
            condition["chain"] = self.rng.sample((*CHAINS, "eip155:*"), self.rng.randint(1, 2))
        if self.rng.random() < 0.2:
            condition["asset"] = self.rng.sample(ASSETS, self.rng.randint(1, 2))
        if self.rng.random() < 0.2:
            condition["operation"] = self.rng.sample((*OPERATIONS, "s*"), self.rng.randint(1, 2))
        if self.rng.random() < 0.2:
            condition["tier"] = self.rng.sample(TIERS[1:], 1)
        if self.rng.random() < 0.2:
            low, high = sorted((self.amount(), self.amount()))
            if low < high:
                condition["amount"] = (low, high)
                self.edges += [low, high]
        if self.rng.random() < 0.2:
            low, high = sorted(self.rng.sample(range(10_001), 2))
            condition["congestion"] = (low, high)
        if self.rng.random() < 0.2:
            condition["daily"] = tuple(self.rng.sample(range(24 * 60 + 1), 2))
        return condition

    def tiers(self):
        whole = self.rng.random() < 0.5
        edges = sorted({self.amount() for _ in range(self.rng.randint(0, 7))})
        self.edges += edges
        steps = []
        for edge in (*edges, None):
            fixed = self.amount() if whole and self.rng.random() < 0.3 else None
            text, ratio = self.rate()
            steps.append({"up_to": edge, "fixed": fixed, "rate": text, "ratio": ratio})
        return ("tiers", "whole" if whole else "marginal", steps)

    def priority(self):
        low, high = sorted((self.rng.getrandbits(self.rng.choice((1, 30, 64))), self.rng.getrandbits(64)))
        return self.rng.choice((0, 1, 25, 50, 75, 99, 100)), low, high

    def strategy(self, depth=1):
        kinds = ["fixed", "percentage", "percentage", "tiers", "eip1559", "solana"]
        if depth < 4:
            kinds += ["minimum", "maximum", "sum", "max_of", "first_match"]
        kind = self.rng.choice(kinds)
        if kind == "fixed":
            return (kind, self.amount())
        if kind == "percentage":
            return (kind, *self.rate())
        if kind == "tiers":
            return self.tiers()
        if kind == "eip1559":
            return (kind, *self.rate(), self.priority())
        if kind == "solana":
            return (kind, self.rng.getrandbits(self.rng.choice((13, 64))), self.priority())
        if kind in ("minimum", "maximum"):
            return (kind, self.strategy(depth + 1), self.amount())
        if kind == "first_match":
            return (kind, [(self.when(), self.strategy(depth + 1)) for _ in range(self.rng.randint(1, 3))])
        return (kind, [self.strategy(depth + 1) for _ in range(self.rng.randint(1, 3))])

    def rule(self, number):
        count = self.rng.randint(1, len(RECIPIENTS))
        names = self.rng.sample(RECIPIENTS, count)
        parts = [self.rng.randint(0, 10_000 // count) for _ in names]
        return {"name": f"rule-{number}", "when": self.when() if self.rng.random() < 0.7 else {},
                "fee": self.strategy(), "pay": list(zip(names, parts)), "rest": self.rng.randrange(count)}

    def asked(self):
        """A question: its members, as a golden case spells them."""
        rng, asked = self.rng, {"amount": self.asked_amount()}
        asked["chain"], asked["asset"] = rng.choice(CHAINS), rng.choice(ASSETS)
        asked["operation"] = rng.choice(OPERATIONS)
        if tier := rng.choice(TIERS):
            asked["tier"] = tier
        if rng.random() < 0.8:
            asked["congestion"] = rng.randint(0, 10_000)
        if rng.random() < 0.8:
            asked["minutes"] = rng.randrange(24 * 60)
        if rng.random() < 0.97:
            asked["base_fee"] = self.amount() if rng.random() < 0.2 else rng.getrandbits(40)
        if rng.random() < 0.97:
            asked["priority_fees"] = [rng.getrandbits(rng.choice((3, 30, 64))) for _ in range(rng.choice((1, 2, 5, 9)))]
        if rng.random() < 0.97:
            asked["units"] = rng.getrandbits(rng.choice((8, 21, 64)))
        if rng.random() < 0.5:
            asked["signatures"] = rng.choice((0, 1, 3, 2**64 - 1))
        return asked

    # ---- its text

    def text_of_when(self, when):
        parts = []
        for name, value in when.items():
            if name == "amount":
                parts.append(f"amount: {{from: {value[0]}, below: {value[1]}}}")
            elif name == "congestion":
                parts.append("congestion: {from: %s, below: %s}" % tuple(percent(one) for one in value))
            elif name == "daily":
                parts.append('daily: {from: "%s", until: "%s"}' % tuple(clock(one) for one in value))
            else:
                parts.append(f"{name}: [{', '.join(quoted(word) for word in value)}]")
        return "{" + ", ".join(parts) + "}"

    def text_of(self, fee):
        kind = fee[0]
        if kind == "fixed":
            return f"{{fixed: {fee[1]}}}"
        if kind == "percentage":
            return f"{{percentage: {fee[1]}}}"
        if kind == "tiers":
            steps = []
            for step in fee[2]:
                edge = "" if step["up_to"] is None else f"up_to: {step['up_to']}, "
                what = f"rate: {step['rate']}" if step["fixed"] is None else f"fixed: {step['fixed']}"
                steps.append(f"{{{edge}{what}}}")
            return f"{{tiers: {{mode: {fee[1]}, of: [{', '.join(steps)}]}}}}"
        if kind == "eip1559":
            return f"{{eip1559: {{base_fee: {fee[1]}, {text_of_priority(fee[3])}}}}}"
        if kind == "solana":
            return f"{{solana: {{per_signature: {fee[1]}, {text_of_priority(fee[2])}}}}}"
        if kind in ("minimum", "maximum"):
            return f"{{{kind}: {{of: {self.text_of(fee[1])}, {'at_least' if kind == 'minimum' else 'at_most'}: {fee[2]}}}}}"
        if kind == "first_match":
            cases = [(f"when: {self.text_of_when(when)}, " if when else "") + f"fee: {self.text_of(inner)}" for when, inner in fee[1]]
            return "{first_match: [" + ", ".join(f"{{{case}}}" for case in cases) + "]}"
        return f"{{{kind}: [{', '.join(self.text_of(inner) for inner in fee[1])}]}}"

    def text(self):
        lines = ["airlock_fee_policy: 1", f"version: {self.version}", f"rounding: {self.mode}", "rules:"]
        for rule in self.rules:
            lines.append(f"  - name: {rule['name']}")
            if rule["when"]:
                lines.append(f"    when: {self.text_of_when(rule['when'])}")
            lines.append(f"    fee: {self.text_of(rule['fee'])}")
            pay = [f"{name}: {'rest' if at == rule['rest'] else percent(part)}" for at, (name, part) in enumerate(rule["pay"])]
            lines.append(f"    pay: {{{', '.join(pay)}}}")
        asked = self.asked()
        try:
            rule, total, _ = self.answer(asked)
            pay = ", ".join(f"{name}: {part}" for name, part in self.paid(rule, total))
            expected = f"{{rule: {rule['name']}, total: {total}, pay: {{{pay}}}}}"
        except Refused as refused:
            expected = f"{{refused: {refused}}}"
        lines += ["golden:", f"  - {{name: first, given: {spelled(asked)}, expect: {expected}}}"]
        return "\n".join(lines) + "\n"

    # ---- its answers

    def holds(self, when, asked):
        for name, value in when.items():
            if name in ("chain", "asset", "operation", "tier"):
                word = asked.get(name, "")
                if not any(word.startswith(one[:-1]) if one.endswith("*") else word == one for one in value):
                    return False
            elif name == "daily":
                if "minutes" not in asked:
                    return False
                start, end = value
                now = asked["minutes"]
                if not (start <= now < end if start <= end else now >= start or now < end):
                    return False
            elif name not in asked or not value[0] <= asked[name] < value[1]:
                return False
        return True

    def picked(self, priority, asked):
        percentile, low, high = priority
        fees = sorted(asked.get("priority_fees", ()))
        if not fees:
            raise Refused("chain_data_missing")
        place = max(1, -(-len(fees) * percentile // 100))
        return min(max(fees[place - 1], low), high)

    def fee(self, strategy, asked):
        """The fee, and the price of the network that was named last."""
        kind, amount = strategy[0], asked["amount"]
        if kind == "fixed":
            return strategy[1], None
        if kind == "percentage":
            return fits(rounded(amount * strategy[2][0], strategy[2][1], self.mode)), None
        if kind == "tiers":
            return self.tier_fee(strategy, amount), None
        if kind == "eip1559":
            if "base_fee" not in asked or "units" not in asked:
                raise Refused("chain_data_missing")
            tip = self.picked(strategy[3], asked)
            base = fits(rounded(asked["base_fee"] * strategy[2][0], strategy[2][1], self.mode))
            per_gas = fits(base + tip)
            fee = fits(per_gas * asked["units"])
            return fee, (fee, per_gas, tip, asked["units"])
        if kind == "solana":
            if "units" not in asked:
                raise Refused("chain_data_missing")
            price = self.picked(strategy[2], asked)
            fee = fits(asked.get("signatures", 1) * strategy[1] + -(-price * asked["units"] // 1_000_000))
            return fee, (fee, price, price, asked["units"])
        if kind == "minimum":
            fee, price = self.fee(strategy[1], asked)
            return max(fee, strategy[2]), price
        if kind == "maximum":
            fee, price = self.fee(strategy[1], asked)
            return min(fee, strategy[2]), price
        if kind == "first_match":
            for when, inner in strategy[1]:
                if self.holds(when, asked):
                    return self.fee(inner, asked)
            raise Refused("no_rule_matches")
        total, price, largest = 0, None, None
        for inner in strategy[1]:
            fee, named = self.fee(inner, asked)
            if kind == "sum":
                total, price = fits(total + fee), named or price
            elif largest is None or fee > largest:
                total, price, largest = fee, named, fee
        return total, price

    def tier_fee(self, strategy, amount):
        steps = strategy[2]
        if strategy[1] == "whole":
            step = next(step for step in steps if step["up_to"] is None or amount <= step["up_to"])
            if step["fixed"] is not None:
                return step["fixed"]
            return fits(rounded(amount * step["ratio"][0], step["ratio"][1], self.mode))
        denominator = 10**19
        cost, below = 0, 0
        for step in steps:
            until = amount if step["up_to"] is None else min(amount, step["up_to"])
            if until > below:
                cost += (until - below) * step["ratio"][0] * (denominator // step["ratio"][1])
                below = until
        return fits(rounded(cost, denominator, self.mode))

    def answer(self, asked):
        for rule in self.rules:
            if self.holds(rule["when"], asked):
                return rule, *self.fee(rule["fee"], asked)
        raise Refused("no_rule_matches")

    def paid(self, rule, total):
        parts = [total * part // 10_000 for _, part in rule["pay"]]
        parts[rule["rest"]] = total - sum(part for at, part in enumerate(parts) if at != rule["rest"])
        assert sum(parts) == total
        return [(name, part) for (name, _), part in zip(rule["pay"], parts)]

    def line(self, asked, digest):
        """The line of JSON that is expected."""
        try:
            rule, total, price = self.answer(asked)
        except Refused as refused:
            return f'{{"refused":"{refused}"}}'
        pay = ",".join(f'"{name}":"{part}"' for name, part in sorted(self.paid(rule, total)))
        named = ""
        if price and price[0] == total:
            named = f'"price":{{"per_unit_max":"{price[1]}","per_unit_tip":"{price[2]}","units":"{price[3]}"}},'
        return f'{{"digest":"{digest}","pay":{{{pay}}},{named}"rule":"{rule["name"]}","total":"{total}","version":"{self.version}"}}'


def percent(share):
    return f"{share // 100}.{share % 100:02d}%"


def clock(minute):
    return f"{minute // 60:02d}:{minute % 60:02d}"


def quoted(word):
    return f'"{word}"'


def text_of_priority(priority):
    return f"priority: p{priority[0]}, at_least: {priority[1]}, at_most: {priority[2]}"


def spelled(asked):
    parts = []
    for name, value in asked.items():
        if name == "congestion":
            parts.append(f"congestion: {percent(value)}")
        elif name == "minutes":
            parts.append(f'time: "2026-12-01T{clock(value)}:59Z"')
        elif name == "priority_fees":
            parts.append(f"priority_fees: [{', '.join(map(str, value))}]")
        elif name in ("chain", "asset", "operation", "tier"):
            parts.append(f"{name}: {quoted(value)}")
        else:
            parts.append(f"{name}: {value}")
    return "{" + ", ".join(parts) + "}"


def try_policy(seed, count):
    """Differences between the engine and this page, of one policy; and how many answers were refusals."""
    policy = Policy(random.Random(seed))
    text = policy.text()
    digest = hashlib.sha256(text.encode()).hexdigest()
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        asked = [policy.asked() for _ in range(count)]
        ran = subprocess.run([BIN / "airlock", "fee", "eval", file.name, "--batch"], input="\n".join(map(spelled, asked)) + "\n",
                             capture_output=True, text=True)
    if ran.returncode != 0:
        return [f"seed {seed}: {ran.stderr.strip()}\n{text}"], 0
    answers = ran.stdout.splitlines()
    if len(answers) != count:
        return [f"seed {seed}: {len(answers)} answers to {count} questions"], 0
    wrong, refused = [], 0
    for one, said in zip(asked, answers):
        expected = policy.line(one, digest)
        refused += said.startswith('{"refused"')
        if said != expected:
            wrong.append(f"seed {seed}: {spelled(one)}\n  airlock  {said}\n  expected {expected}")
    return wrong, refused


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("contexts", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--write", type=pathlib.Path)
    options = parser.parse_args()
    policies = max(1, options.contexts // CONTEXTS_A_POLICY)
    if options.write:
        options.write.mkdir(parents=True, exist_ok=True)
        for number in range(policies):
            (options.write / f"{number}.yaml").write_text(Policy(random.Random(options.seed * 1_000_000 + number)).text())
        return 0
    each = -(-options.contexts // policies)
    done = refused = 0
    wrong = []
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        seeds = [options.seed * 1_000_000 + number for number in range(policies)]
        for number, (differences, refusals) in enumerate(pool.map(try_policy, seeds, [each] * policies, chunksize=4)):
            wrong += differences
            refused += refusals
            done += each
            if sys.stderr.isatty() and number % 50 == 0:
                print(f"\r{done} of {policies * each} contexts", end="", file=sys.stderr, flush=True)
    for one in wrong[:10]:
        print(one)
    print(f"{done} random contexts of {policies} policies, {refused} of them refused, seed {options.seed}: {len(wrong)} mismatches")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
