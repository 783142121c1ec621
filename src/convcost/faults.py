"""Where a counter is wrong rather than of another opinion, operation by operation.

A convention says what a tool means to count; a `Fault` of it is a kind of operation of which the
tool counts something else, most often nothing. Both together give the tool's own number, to the
unit, on transformers too: convention + `differences` = tool.
"""

from collections.abc import Iterable

from convcost.conventions import Row, find, price

__all__ = ["differences"]


def differences(rows: Iterable[Row], counter: str, when: str = "") -> dict[str, int]:
    """Say by how much a tool misses its own convention, fault by fault.

    Parameters
    ----------
    rows : iterable of LayerCost
        Rows of `ModelCost.layers`.
    counter : str
        Name of a convention.
    when : str
        Circumstances to include, as in `Fault.when`; those that always hold are in.

    Returns
    -------
    dict of str to int
        `Fault.what` -> operations that the tool counts too many, or (negative) too few; empty
        where it is right.

    Raises
    ------
    ValueError
        If there is no convention of that name.
    """
    convention = find(counter)
    faults = [fault for fault in convention.faults if fault.when in ("", when)]
    found: dict[str, int] = {}
    for row in rows:
        fault = next((fault for fault in faults if fault.meets(row)), None)
        if fault is not None:
            gap = fault.counts(row) - sum(price(row, convention).values())
            found[fault.what] = found.get(fault.what, 0) + gap
    return {what: gap for what, gap in found.items() if gap}
