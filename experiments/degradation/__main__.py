"""``python -m experiments.degradation``: train what is not yet trained, then write the tables.

``--data cifar10`` trains on CIFAR-10 instead of the digits. ``--quick`` trains a small slice in a
minute, and writes its tables beside its results, not into the book. ``--tables`` trains nothing,
and writes what there is.
"""

import argparse
import signal
import sys
from pathlib import Path

from experiments.degradation import images, runner
from experiments.degradation.settings import Run, runs
from experiments.degradation.tables import write_tables
from experiments.tables import DATA

RESULTS = Path(__file__).resolve().parents[1] / "results" / "degradation"


def quick(all_runs: list[Run]) -> list[Run]:
    """Return a slice that a minute is enough for: what the reader's own cell trains, one seed."""
    return [run for run in all_runs if run.study == "lesson" and run.seed == 1]


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m experiments.degradation")
    parser.add_argument("--data", choices=list(images.CHANGES), default="digits")
    parser.add_argument("--quick", action="store_true", help="a slice, not into the book's tables")
    parser.add_argument("--tables", action="store_true", help="train nothing, write the tables")
    parser.add_argument("--folder", type=Path, help="where the results of the runs are")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the runs end, too
    asked = runs(options.data)
    folder = options.folder or RESULTS / (
        f"{options.data}-quick" if options.quick else options.data
    )
    tables = folder if options.quick else DATA
    if options.quick:
        asked = quick(asked)
    if not options.tables:
        images.load(options.data)  # if they are not at hand, say so before anything begins
        runner.do(asked, folder, say=lambda words: print(words, flush=True))
    found = [one for run in asked if (one := runner.finished(run, folder)) is not None]
    for path in write_tables(options.data, found, tables):
        print(f"wrote {path}")
    if len(found) < len(asked):
        print(f"{len(asked) - len(found)} of {len(asked)} runs are not in them yet")


if __name__ == "__main__":
    main()
