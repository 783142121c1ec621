"""Compare networks from a terminal: ``python -m convcost resnet50 vgg16 --input 224``.

Or time them: ``python -m convcost time resnet50 --batch 1 8``.
"""

import argparse
import csv
import json
import os
import platform
import signal
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from convcost import units
from convcost._measure.timing import Timed, Timings, environment, keeps_memory, time_networks
from convcost.architectures import build, default_input_size
from convcost.conventions import CONVENTIONS, Convention, find
from convcost.cost import ModelCost, measure

COLUMNS = ("name", "input_size", "params", "buffers", "macs", "activations")
HEADINGS = ("network", "input", "parameters", "MACs", "activations")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what some networks cost, side by side; or how long they take.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line; that of this process if not given.

    Returns
    -------
    int
        0, or 1 where a network or a convention had to be left out; the reason goes to the
        standard error.
    """
    given = sys.argv[1:] if arguments is None else [*arguments]
    if given[:1] == ["time"]:
        return _time(given[1:])
    options = _parser().parse_args(given)
    failures: list[str] = []
    conventions = _all(find, options.convention, failures)
    costs = _all(lambda name: _measure(name, options.input), options.network, failures)
    for failure in failures:
        sys.stderr.write(f"{failure}\n")
    if costs:
        write = _write_csv if options.csv else _write_json if options.json else _write_table
        write(costs, conventions)
    return bool(failures)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m convcost",
        description="Compare what networks cost: parameters, multiply-adds, activations.",
        epilog=f"Conventions: {', '.join(CONVENTIONS)}. "
        "To time networks on this machine: python -m convcost time --help",
    )
    parser.add_argument("network", nargs="+", help="a name, such as resnet50 or paper/vgg-d")
    parser.add_argument(
        "--input", type=_pixels, metavar="PIXELS",
        help="height and width of the input; each network's own if not given",
    )  # fmt: skip
    parser.add_argument(
        "--convention", action="append", default=[], metavar="NAME",
        help="count operations by this convention too; may be given more than once",
    )  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="exact numbers as CSV")
    form.add_argument("--json", action="store_true", help="exact numbers as JSON")
    return parser


def _timing_parser() -> argparse.ArgumentParser:
    number = partial(_number, "an integer of at least 1")
    parser = argparse.ArgumentParser(
        prog="python -m convcost time",
        description="Time forward passes on this machine, in turns, beside VGG-16.",
    )
    parser.add_argument("network", nargs="+", help="a name, such as resnet50 or paper/vgg-d")
    parser.add_argument(
        "--batch",
        type=number,
        nargs="+",
        default=[1],
        metavar="N",
        help="images that go in at once",
    )
    parser.add_argument("--input", type=_pixels, default=224, metavar="PIXELS",
                        help="height and width of the images (224)")  # fmt: skip
    parser.add_argument("--rounds", type=number, default=9, help="how many times each is timed (9)")
    parser.add_argument("--threads", type=number, default=1, help="threads of torch (1)")
    parser.add_argument("--device", default="cpu", help="such as cuda (cpu)")
    parser.add_argument("--csv", action="store_true", help="medians and quartiles as CSV")
    return parser


def _time(arguments: Sequence[str]) -> int:
    """Print how long some networks take, and how much of VGG-16's time that is."""
    options = _timing_parser().parse_args(arguments)
    failures: list[str] = []
    models = dict(_all(lambda name: (name, build(name)), ["vgg16", *options.network], failures))
    for failure in failures:
        sys.stderr.write(f"{failure}\n")
    if models.keys() <= {"vgg16"} and "vgg16" not in options.network:
        return 1
    last = [*models][-1], options.batch[-1]

    def progress(timed: Timed) -> None:
        if (timed.network, timed.batch) == last:
            sys.stderr.write(f"round {timed.round} of {options.rounds}\n")

    timings = time_networks(
        models, options.batch, image=options.input, rounds=options.rounds, threads=options.threads,
        device=options.device, progress=progress,
    )  # fmt: skip
    table = timings.to_frame()
    if options.csv:
        sys.stdout.write(table.to_csv(index=False, lineterminator="\n"))
        sys.stderr.write(f"{timings!r}\n")
    else:
        _write_times(timings)
    return bool(failures)


def _write_times(timings: Timings) -> None:
    rows = timings.to_frame().to_dict("records")
    vgg = {row["batch"]: row["median_ms"] for row in rows if row["network"] == "vgg16"}
    _write_rows(
        ["network", "batch", "median ms", "middle half", "of vgg16"],
        [
            [
                row["network"], str(row["batch"]), f"{row['median_ms']:,.1f}",
                f"{row['low_ms']:,.1f} to {row['high_ms']:,.1f}",
                f"{row['median_ms'] / vgg[row['batch']]:.3f}",
            ]
            for row in rows
        ],
    )  # fmt: skip
    sys.stdout.write(f"{timings!r}\n")


def _number(wanted: str, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}; give {wanted}")
    return int(text)


_pixels = partial(_number, "a number of pixels, such as 224")


def _all(make: Any, names: Sequence[str], failures: list[str]) -> list[Any]:
    """Make something of each name; where that fails, keep the sentence and go on."""
    made = []
    for name in dict.fromkeys(names):
        try:
            made.append(make(name))
        except (ValueError, ModuleNotFoundError) as error:
            failures.append(f"{error}")
    return made


def _measure(name: str, pixels: int | None) -> ModelCost:
    own = default_input_size(name)
    return measure(name, own if pixels is None else (*own[:2], pixels, pixels))


def _records(costs: list[ModelCost], conventions: list[Convention]) -> list[dict[str, Any]]:
    """Return the exact numbers: a column for each cost, and one for each convention."""
    return [
        {column: getattr(cost, column) for column in COLUMNS}
        | {convention.name: cost.operations(convention) for convention in conventions}
        | {"uncounted": cost.not_counted}
        for cost in costs
    ]


def _write_json(costs: list[ModelCost], conventions: list[Convention]) -> None:
    json.dump(_records(costs, conventions), sys.stdout, indent=1)
    sys.stdout.write("\n")


def _write_csv(costs: list[ModelCost], conventions: list[Convention]) -> None:
    records = _records(costs, conventions)
    writer = csv.DictWriter(sys.stdout, list(records[0]), lineterminator="\n")
    writer.writeheader()
    for record in records:
        writer.writerow(record | {"input_size": _times(record["input_size"])})


def _write_table(costs: list[ModelCost], conventions: list[Convention]) -> None:
    headings = [
        *HEADINGS,
        *(f"{convention.name} ({convention.unit}s)" for convention in conventions),
    ]
    rows = [
        [
            cost.name, _times(cost.input_size),
            *map(units.count, (cost.params, cost.macs, cost.activations)),
            *(units.count(cost.operations(convention)) for convention in conventions),
        ]
        for cost in costs
    ]  # fmt: skip
    _write_rows(headings, rows)
    for cost in costs:
        if cost.uncounted:
            sys.stdout.write(f"{cost.name}: not counted: {cost.not_counted}\n")


def _write_rows(headings: list[str], rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        cells = [
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


if __name__ == "__main__":
    if sys.argv[1:2] == ["time"] and platform.libc_ver()[0] == "glibc" and not keeps_memory():
        command = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, command, environment(kept=True))
    if hasattr(signal, "SIGPIPE"):  # whoever reads may stop early, as `head` does
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
