"""The bars that `make bench` holds its figures against: each is printed with met or missed."""

_missed = []


def at_most(what, value, bar):
    _tell(what, f"{_number(value)} (at most {bar})", value <= bar)


def at_least(what, value, bar):
    _tell(what, f"{_number(value)} (at least {bar})", value >= bar)


def left_out(what, why):
    print(f"bar: {what}: left out: {why}", flush=True)


def _number(value):
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def _tell(what, told, met):
    print(f"bar: {what}: {told}: {'met' if met else 'MISSED'}", flush=True)
    if not met:
        _missed.append(what)


def verdict():
    """What a process that held figures against bars ends with."""
    return 1 if _missed else 0
