"""One run, from its settings to its file: what a process of the runner does.

``python -m experiments.degradation.one_run SETTINGS FOLDER`` trains the network of a run, whose
settings are given as JSON, and writes a file named like the run, whole or not at all.
"""

import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

import torch
import torchvision

from convcost._measure import timing
from convcost.page.training import train
from experiments.degradation import images as pictures
from experiments.degradation.networks import (
    gradient_likeness,
    layer_gradients,
    network,
    signal,
    without_each_block,
)
from experiments.degradation.settings import Run


def result(run: Run, parent: int | None = None) -> dict[str, Any]:
    """Train the network of a run and return all that is kept of it.

    Parameters
    ----------
    run : Run
        What to train.
    parent : int, optional
        The process for which this is done: when it is gone, so is the need for a result.

    Raises
    ------
    SystemExit
        If the parent is gone.
    """
    wall, processor = time.perf_counter(), time.process_time()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    images = pictures.load(run.data).to(device)
    model = network(run).to(device)
    kept: dict[str, Any] = {"curve": [], "gradients": [], "signal": [], "likeness": [],
                            "deleted": []}  # fmt: skip
    looked_into = run.study in ("depth", "deep", "start")
    moments = {run.epochs // 6, run.epochs // 2, run.epochs} if looked_into else set()

    def look(epoch: int) -> None:
        for row in layer_gradients(model, images):
            kept["gradients"].append({"epoch": epoch, **row})

    if looked_into:
        look(0)
    if run.study == "start":
        kept["signal"] = signal(model, images)
        kept["likeness"] = gradient_likeness(model, images)
    for epoch in train(
        model,
        images,
        epochs=run.epochs,
        learning_rate=run.learning_rate,
        warm_up=run.warm_up,
        batch=run.batch,
        seed=run.seed,
        change=pictures.CHANGES[run.data],
    ):
        if parent is not None and os.getppid() != parent:
            raise SystemExit("the runner is gone")
        kept["curve"].append(vars(epoch))
        if epoch.number in moments:
            look(epoch.number)
    if run.epochs and looked_into:
        kept["deleted"] = list(without_each_block(model, images))
    return {
        **run.values(),
        "params": sum(weights.numel() for weights in model.parameters()),
        "machine": timing.processor(device),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "wall_s": round(time.perf_counter() - wall, 1),
        "processor_s": round(time.process_time() - processor, 1),
        **kept,
    }


def write(found: dict[str, Any], path: Path) -> None:
    """Write what was found to a file, which is there whole or not at all."""
    temporary = path.with_suffix(f".{os.getpid()}.part")
    temporary.write_text(json.dumps(found), encoding="utf-8")
    temporary.replace(path)


def main(settings: str, folder: str) -> None:
    """Do one run."""
    torch.set_num_threads(1)
    run = Run(**json.loads(settings))
    write(result(run, os.getppid()), Path(folder, f"{run.name}.json"))


if __name__ == "__main__":
    main(*sys.argv[1:])
