"""Numbers as a reader sees them: 138.4 M, 15.5 GMACs, 97.5 MiB.

One convention for the whole book: a MAC is one multiply-add, FLOPs are twice the MACs, k, M, G
and T are powers of 1000, and a MiB is 2^20 bytes.
"""

__all__ = ["count", "flops", "macs", "mebibytes", "short_count"]

_PREFIXES = ("", "k", "M", "G", "T", "P")


def count(number: float) -> str:
    """Format a count with one decimal and its prefix.

    Parameters
    ----------
    number : float
        Parameters, multiply-adds, elements: any count. Under 10,000 it is written out.

    Returns
    -------
    str
        Such as ``"138.4 M"``, ``"36.9 k"`` or ``"1,792"``.

    Raises
    ------
    TypeError
        If it is not a number.

    Examples
    --------
    >>> count(138_357_544), count(36_864), count(1792)
    ('138.4 M', '36.9 k', '1,792')
    """
    scaled, prefix = _scale(number)
    return f"{scaled} {prefix}" if prefix else scaled


def short_count(number: float) -> str:
    """Format a count in at most five characters, for where room is scarce: in a drawing.

    Parameters
    ----------
    number : float
        A count. Two digits are kept below ten of a unit, else all before the point.

    Returns
    -------
    str
        Such as ``"3.7 G"``, ``"118 M"`` or ``"512 k"``.

    Raises
    ------
    TypeError
        If it is not a number.

    Examples
    --------
    >>> [short_count(n) for n in (3_699_376_128, 118_013_952, 512_000, 7)]
    ['3.7 G', '118 M', '512 k', '7']
    """
    _check(number)
    if abs(number) < 1000:
        return f"{number:.0f}"
    power = 1
    while power < len(_PREFIXES) - 1 and round(abs(number) / 1000**power) >= 1000:
        power += 1
    scaled = number / 1000**power
    return f"{scaled:.{int(round(abs(scaled), 1) < 10)}f} {_PREFIXES[power]}"


def macs(number: float) -> str:
    """Format multiply-adds.

    Parameters
    ----------
    number : float
        Multiply-adds.

    Returns
    -------
    str
        Such as ``"15.5 GMACs"``.

    Raises
    ------
    TypeError
        If it is not a number.

    Examples
    --------
    >>> macs(15_470_264_320)
    '15.5 GMACs'
    """
    scaled, prefix = _scale(number)
    return f"{scaled} {prefix}MACs"


def flops(macs: float) -> str:
    """Format multiply-adds as floating-point operations, two for each.

    Parameters
    ----------
    macs : float
        Multiply-adds, not yet doubled.

    Returns
    -------
    str
        Such as ``"30.9 GFLOPs"``.

    Raises
    ------
    TypeError
        If it is not a number.

    Examples
    --------
    >>> flops(15_470_264_320)
    '30.9 GFLOPs'
    """
    scaled, prefix = _scale(2 * macs)
    return f"{scaled} {prefix}FLOPs"


def mebibytes(number_bytes: float) -> str:
    """Format bytes in MiB.

    Parameters
    ----------
    number_bytes : float
        Bytes.

    Returns
    -------
    str
        Such as ``"97.5 MiB"``.

    Raises
    ------
    TypeError
        If it is not a number.

    Examples
    --------
    >>> mebibytes(4 * 25_557_032)  # ResNet-50 in 32-bit floats
    '97.5 MiB'
    """
    _check(number_bytes)
    return f"{number_bytes / 2**20:,.1f} MiB"


def _scale(number: float) -> tuple[str, str]:
    """Divide by the power of 1000 that leaves at most three digits before the point."""
    _check(number)
    if abs(number) < 10_000:
        return f"{number:,}" if hasattr(number, "__index__") else f"{number:,.1f}", ""
    power = 1
    # Compare what will be printed: 999,960 is 1.0 M, not 1000.0 k.
    while power < len(_PREFIXES) - 1 and round(abs(number) / 1000**power, 1) >= 1000:
        power += 1
    return f"{number / 1000**power:,.1f}", _PREFIXES[power]


def _check(number: object) -> None:
    if isinstance(number, bool) or not (
        hasattr(number, "__float__") and hasattr(number, "__round__")
    ):
        raise TypeError(f"got {number!r} of type {type(number).__name__}; give a number")
