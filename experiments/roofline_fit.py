"""What a roofline makes of the times that `experiments.inference_time` found.

    python -m experiments.roofline_fit

reads ``inference_times.csv`` and ``inference_groups.csv`` and writes three tables beside them:

inference_fit.csv
    The five numbers of a `Machine`, fitted to all networks, and with one network left out.
inference_correlations.csv
    Spearman's rank correlation of the time with each count and with the roofline, and the middle
    95 % of what 2,000 draws of as many networks, with repetition, give.
inference_networks.csv
    For each network and batch its counts, the median time with its quartiles, the ratio to VGG-16
    in the same round, and what the roofline predicts, fitted with and without that network.

The fit makes the squares of logarithms of (predicted / measured) small: of each network's whole
time, and of each group of its layers, weighted by the share of time that it takes. All batches
are fitted at once, so that fourteen networks at three batches decide on five numbers.
"""

import csv
import functools
import json
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from convcost import measure
from convcost.arithmetic.roofline import Machine, Work, bytes_moved, work_of, works_of
from experiments.inference_time import NETWORKS, groups_of
from experiments.tables import DATA, write_table

QUANTITIES = ("macs", "params", "activations", "operations", "bytes", "left_out_ms")
START = Machine(40e9, 8e9, 20e9, 1e9, 1e-5)
Times = dict[tuple[str, int], float]
Groups = dict[tuple[str, int, str], float]


class Loads:
    """The work of some networks as arrays, so that a fit tries a thousand machines in a second."""

    def __init__(self, networks: Iterable[str], image: int) -> None:
        self.works: dict[tuple[str, str], Any] = {}
        self.costs = {}
        for network in networks:
            cost = measure(NETWORKS[network], (1, 3, image, image))
            group = groups_of(cost.layers)
            found: dict[str, Counter[Work]] = defaultdict(Counter)
            for row in cost.layers:
                if row.kind != "unused":
                    found[group[row.name]][work_of(row)] += 1
            self.costs[network] = cost
            for name, works in found.items():
                columns = np.array([[*work, times] for work, times in works.items()], float)
                self.works[network, name] = columns.T

    @functools.cached_property
    def groups(self) -> dict[str, list[str]]:
        """Network -> its groups of layers."""
        found: dict[str, list[str]] = defaultdict(list)
        for network, group in self.works:
            found[network].append(group)
        return found

    def seconds(self, network: str, batch: int, machine: Machine) -> dict[str, float]:
        """Return group -> the seconds that `layer_seconds` finds for all its operations."""
        found = {}
        for group in self.groups[network]:
            dense, grouped, maps, weights, compares, times = self.works[network, group]
            computing = batch * (
                dense / machine.macs_per_second
                + grouped / machine.grouped_macs_per_second
                + compares / machine.compares_per_second
            )
            moving = (batch * maps + weights) / machine.bytes_per_second
            each = np.maximum(computing, moving) + machine.launch_seconds
            found[group] = float(each @ times)
        return found


def fitted(loads: Loads, times: Times, groups: Groups, start: Machine = START) -> Machine:
    """Return the machine that explains the times best; by trying, number by number."""

    def distance(logs: list[float]) -> float:
        machine = Machine(*map(math.exp, logs))
        total = 0.0
        for (network, batch), measured in times.items():
            predicted = loads.seconds(network, batch, machine)
            total += math.log(sum(predicted.values()) / measured) ** 2
            timed = {group: groups.get((network, batch, group), 0.0) for group in predicted}
            for group, found in timed.items():
                if found:  # not every batch was timed layer by layer
                    share = found / sum(timed.values())
                    total += share * math.log(predicted[group] / found) ** 2
        return total

    logs = [math.log(number) for number in start]
    best, step = distance(logs), 0.4
    while step > 0.005:
        better = False
        for place in range(len(logs)):
            for change in (step, -step):
                other = [*logs]
                other[place] += change
                if (found := distance(other)) < best:
                    logs, best, better = other, found, True
                    break
        if not better:
            step /= 2
    return Machine(*map(math.exp, logs))


def ranks(numbers: np.ndarray) -> np.ndarray:
    """Return the place of each number in their order; equal ones share the middle of theirs."""
    below = (numbers[:, None] > numbers).sum(1)
    return below + ((numbers[:, None] == numbers).sum(1) - 1) / 2


def correlations(rows: list[dict[str, Any]], draws: int = 2000) -> list[dict[str, Any]]:
    """Return Spearman's correlation with the time of each quantity, with its interval."""
    chance = np.random.default_rng(0)
    found = []
    for batch in sorted({row["batch"] for row in rows}):
        here = [row for row in rows if row["batch"] == batch]
        times = np.array([float(row["median_ms"]) for row in here])
        drawn = [chance.integers(len(here), size=len(here)) for _ in range(draws)]
        for quantity in QUANTITIES:
            numbers = np.array([float(row[quantity]) for row in here])
            again = [np.corrcoef(ranks(times[some]), ranks(numbers[some]))[0, 1] for some in drawn]
            low, high = np.quantile(again, [0.025, 0.975])
            value = np.corrcoef(ranks(times), ranks(numbers))[0, 1]
            found.append({
                "batch": batch, "quantity": quantity, "networks": len(here),
                "value": f"{value:.4f}", "low": f"{low:.4f}", "high": f"{high:.4f}",
            })  # fmt: skip
    return found


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def measured_times(folder: Path) -> dict[tuple[str, int], dict[str, float]]:
    """Return (network, batch) -> quartiles of milliseconds, and of ratios to VGG-16's."""
    found: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for row in read(folder / "inference_times.csv"):
        if row["kept"] == "1":
            key = row["network"], int(row["batch"])
            found[key][row["round"]] = float(row["milliseconds"])
    summary = {}
    for (network, batch), rounds in found.items():
        ratios = [ms / found["VGG-16", batch][number] for number, ms in rounds.items()]
        low, middle, high = statistics.quantiles(rounds.values(), n=4, method="inclusive")
        ratio_low, ratio, ratio_high = statistics.quantiles(ratios, n=4, method="inclusive")
        summary[network, batch] = {
            "rounds": len(rounds), "low_ms": low, "median_ms": middle, "high_ms": high,
            "ratio_low": ratio_low, "ratio": ratio, "ratio_high": ratio_high,
        }  # fmt: skip
    return summary


def main(folder: Path = DATA) -> None:
    """Write both tables."""
    image = json.loads((folder / "inference_machine.json").read_text())["image"]
    summary = measured_times(folder)
    times = {key: line["median_ms"] / 1000 for key, line in summary.items()}
    groups: Groups = {
        (row["network"], int(row["batch"]), row["group"]): float(row["milliseconds"]) / 1000
        for row in read(folder / "inference_groups.csv")
    }
    names = [*dict.fromkeys(network for network, _ in times)]
    loads = Loads(names, image)
    machines = {"": fitted(loads, times, groups)}
    for name in names:
        others = {key: seconds for key, seconds in times.items() if key[0] != name}
        machines[name] = fitted(loads, others, groups, machines[""])
        print(f"{name} left out", flush=True)
    columns = ("left_out", *Machine._fields)
    write_table(folder / "inference_fit.csv", columns, (
        {"left_out": name, **{k: f"{v:.6g}" for k, v in machine._asdict().items()}}
        for name, machine in machines.items()
    ))  # fmt: skip
    rows = []
    for (network, batch), line in summary.items():
        cost = loads.costs[network]
        works = works_of(cost.layers)
        predicted = {
            column: 1000 * sum(loads.seconds(network, batch, machines[which]).values())
            for column, which in (("fitted_ms", ""), ("left_out_ms", network))
        }
        rows.append({
            "network": network, "known": NETWORKS[network], "batch": batch,
            "params": cost.params, "macs": batch * cost.macs,
            "activations": batch * cost.activations, "operations": len(works),
            "bytes": sum(bytes_moved(work, batch) for work in works),
            **{k: v if k == "rounds" else f"{v:.5g}" for k, v in line.items()},
            **{k: f"{v:.5g}" for k, v in predicted.items()},
        })  # fmt: skip
    write_table(folder / "inference_networks.csv", [*rows[0]], rows)
    found = correlations(rows)
    write_table(folder / "inference_correlations.csv", [*found[0]], found)


if __name__ == "__main__":
    main()
