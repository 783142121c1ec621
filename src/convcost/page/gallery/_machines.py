"""The machines that figures ask for a time: one that was measured, others by their data sheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from convcost.arithmetic.roofline import Machine
from convcost.page.live.tracing import choose

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HERE", "LAUNCH_SECONDS", "Machines", "by_data_sheet", "chosen", "machines_of"]

HERE = "the book's processor"

#: What a launch costs on a machine whose data sheet says nothing of it, unless the reader moves it.
LAUNCH_SECONDS = 5e-6

Machines: TypeAlias = Mapping[str, Machine]
"""What stands in a menu -> what it is capable of."""


def by_data_sheet(gflops: Any, gbytes: Any, launch_seconds: Any) -> Machine:
    """Return a machine that reaches its data sheet's rates, whatever it does; none does.

    Parameters
    ----------
    gflops : float or Expression
        10⁹ FLOPs a second, two for each multiply-add.
    gbytes : float or Expression
        10⁹ bytes a second.
    launch_seconds : float or Expression
        What no data sheet tells.

    Returns
    -------
    Machine
    """
    rate = gflops * 1e9
    return Machine(rate / 2, rate / 2, gbytes * 1e9, rate, launch_seconds)


def machines_of(
    fitted: Machine, devices: pd.DataFrame, launch_seconds: Any = LAUNCH_SECONDS
) -> dict[str, Machine]:
    """Return the machines of a menu.

    Parameters
    ----------
    fitted : Machine
        By `experiments.roofline_fit`.
    devices : pandas.DataFrame
        Columns device, gflops (10⁹ 32-bit FLOPs a second), gbytes (10⁹ bytes a second).
    launch_seconds : float or Expression
        What a launch costs on those.

    Returns
    -------
    dict
    """
    return {HERE: fitted} | {
        row["device"]: by_data_sheet(row["gflops"], row["gbytes"], launch_seconds)
        for row in devices.to_dict("records")
    }


def chosen(device: Any, machines: Machines) -> Machine:
    """Return a machine of the menu, for a choice that may be a symbol."""
    rates = (
        {name: getattr(machine, field) for name, machine in machines.items()}
        for field in Machine._fields
    )
    return Machine(*(choose(device, rate) for rate in rates))
