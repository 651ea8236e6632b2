"""Numbers as an operator reads them: at most six cells wide, unknown as a dash, never a false zero."""

from __future__ import annotations

from redistui.metrics import Unit

UNKNOWN = "–"
_POWERS = "kMGTPE"


def count(value: float | None) -> str:
    """A number of things, in at most five cells.

    >>> [count(n) for n in (None, 0, 7, 9999, 12_345, 250_000, 3_400_000_000)]
    ['–', '0', '7', '9999', '12.3k', '250k', '3.40G']
    """
    if value is None:
        return UNKNOWN
    if abs(value) < 9999.5:
        return f"{value:.0f}"
    return _scaled(value, 1000.0, _POWERS)


def rate(value: float | None) -> str:
    """Things per second: like `count`, with one decimal below ten so that a trickle is not shown as nothing.

    >>> [rate(n) for n in (None, 0.0, 0.25, 9.96, 1534.2)]
    ['–', '0', '0.2', '10', '1534']
    """
    if value is None or value == 0 or value >= 9.95:
        return count(value)
    return f"{value:.1f}"


def size(value: float | None) -> str:
    """Bytes in binary units, in at most five cells.

    >>> [size(n) for n in (None, 0, 512, 1024, 1_500_000, 1023 * 1024**2, 5 * 1024**4)]
    ['–', '0B', '512B', '1.00K', '1.43M', '1023M', '5.00T']
    """
    if value is None:
        return UNKNOWN
    if abs(value) < 1023.5:
        return f"{value:.0f}B"
    return _scaled(value, 1024.0, "KMGTPE")


def percent(value: float | None) -> str:
    """Hundredths, in at most five cells.

    >>> [percent(n) for n in (None, 0.0, 0.04, 3.27, 12.0, 99.6, 345.0)]
    ['–', '0%', '0.0%', '3.3%', '12%', '100%', '345%']
    """
    if value is None:
        return UNKNOWN
    return f"{value:.1f}%" if 0 < value < 9.95 else f"{value:.0f}%"


def span(seconds: float | None) -> str:
    """A length of time, in at most six cells.

    >>> [span(s) for s in (None, 0.2, 7.9, 59.99, 60, 125, 3600, 11_100, 90_000, 10_000_000)]
    ['–', '0s', '7s', '59s', '1m', '2m05s', '1h', '3h05m', '1d1h', '115d']
    """
    if seconds is None:
        return UNKNOWN
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return _two(whole // 60, "m", whole % 60, "s")
    if whole < 86_400:
        return _two(whole // 3600, "h", whole % 3600 // 60, "m")
    days, hours = divmod(whole // 3600, 24)
    return f"{days}d{hours}h" if hours and days < 100 else f"{days}d"


def latency(ms: float | None) -> str:
    """A round trip, in at most six cells.

    >>> [latency(ms) for ms in (None, 0.004, 0.04, 0.31, 12.7, 850.0, 1250.0)]
    ['–', '4us', '0.04ms', '0.3ms', '13ms', '850ms', '1.2s']
    """
    if ms is None:
        return UNKNOWN
    if ms < 0.0095:
        return f"{ms * 1000:.0f}us"
    if ms < 0.095:
        return f"{ms:.2f}ms"
    if ms < 9.95:
        return f"{ms:.1f}ms"
    return f"{ms:.0f}ms" if ms < 999.5 else f"{ms / 1000:.1f}s"


def exact(value: int | None) -> str:
    """A whole number with all its digits, in groups of three: for offsets, which are compared by eye.

    >>> exact(1234567890), exact(None)
    ('1,234,567,890', '–')
    """
    return UNKNOWN if value is None else f"{value:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """A number and its noun.

    >>> plural(1, "replica"), plural(3, "replica"), plural(2, "primary", "primaries")
    ('1 replica', '3 replicas', '2 primaries')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def figure(value: float | None, unit: Unit) -> str:
    """A metric's value in its own unit.

    >>> figure(2048.0, "bytes"), figure(3.0, "seconds"), figure(1200.0, "per second")
    ('2.00K', '3s', '1200')
    """
    if unit in ("bytes", "bytes per second"):
        return size(value)
    if unit == "percent":
        return percent(value)
    if unit == "seconds":
        return span(value)
    if unit == "ms":
        return latency(value)
    return rate(value) if unit in ("per second", "ratio") else count(value)


def _scaled(value: float, step: float, units: str) -> str:
    """Three significant digits and a unit: 1.23, 12.3, 123, and in binary up to 1023."""
    for unit in units:
        value /= step
        if abs(value) < step - 0.5 or unit == units[-1]:
            break
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f}{unit}"


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}{small:02d}{small_unit}" if small else f"{large}{unit}"
