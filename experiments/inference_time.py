"""How long fourteen networks take, and what of it which layer takes.

Over 400 lines: five measurements share one plan, one clock and one way to go on.

    python -m experiments.inference_time [--quick] [--minutes 5] [times control layers …]

writes the tables ``inference_*.csv`` of book/data. Each round is written when it ends: a run that
is stopped, or ends after so many minutes, goes on where it was. One thread works, so that a second
core has what else the machine does; all networks take their turn in each round, so that whatever
slows it down slows down all of them.

times
    Seconds of a forward pass, of every network at every batch in every round.
control
    The same in a few rounds in which memory is given back to the system after each tensor, as is
    its default.
layers
    Milliseconds of each module in a forward pass, through a mode that sees each of torch's
    operators come and go. That takes time itself, some 10 µs for each.
variants
    The same networks with batch norms folded into their convolutions, or in another order in
    memory; and four chains of layers with equal multiply-adds, from wide and short to narrow and
    tall.
memory
    The peak of a process that trains for two steps, and what `convcost.memory` predicts.

``--quick`` times three small networks on small images, in seconds, into a folder of its own.
"""

import argparse
import copy
import csv
import json
import platform
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks._clock import peak_bytes
from convcost import LayerCost, build, measure
from convcost._measure.timing import environment, keeps_memory, on_threads, processor, timed_once
from convcost.arithmetic.roofline import Work, group_of, works_of
from convcost.memory import training_step
from experiments.tables import DATA, write_table, write_whole

NETWORKS = {
    "VGG-16": "vgg16", "VGG-19": "vgg19", "ResNet-18": "resnet18", "ResNet-34": "resnet34",
    "ResNet-50": "resnet50", "ResNet-101": "resnet101", "ResNet-152": "resnet152",
    "plain-34": "paper/plain-34", "MobileNet V2": "mobilenet_v2",
    "MobileNet V3": "mobilenet_v3_large", "DenseNet-121": "densenet121",
    "EfficientNet-B0": "efficientnet_b0", "EfficientNet-B4": "efficientnet_b4",
    "ConvNeXt-T": "convnext_tiny",
}  # fmt: skip
DRAWN = ("VGG-16", "ResNet-50", "MobileNet V2", "DenseNet-121")
"""Networks whose layers are drawn one by one, and so stored one by one."""

CONTROL_ROUNDS = 3
CHAINS = ((4, 256), (16, 128), (64, 64), (256, 32))
UNFINISHED = 3
"""Status of a run that stopped because its time was over."""

QUICK_OUT = Path("_build") / "experiments" / "inference_time"


class Plan(NamedTuple):
    """What is timed, how often, and where it is written."""

    networks: dict[str, str]
    image: int
    rounds: dict[int, int]
    """Batch -> rounds."""
    layer_rounds: dict[int, int]
    changed: tuple[str, ...]
    variant_rounds: int
    trained: tuple[str, ...]
    trained_batch: int
    threads: int
    device: str
    out: Path


FULL = Plan(
    networks=NETWORKS, image=224, rounds={1: 27, 8: 9, 32: 5}, layer_rounds={8: 3, 32: 1},
    changed=("ResNet-50", "MobileNet V2"), variant_rounds=7,
    trained=("VGG-16", "ResNet-18", "ResNet-50", "MobileNet V2", "DenseNet-121"), trained_batch=8,
    threads=1, device="cpu", out=DATA,
)  # fmt: skip
QUICK = FULL._replace(
    networks={name: NETWORKS[name] for name in ("ResNet-18", "MobileNet V2", "MobileNet V3")},
    image=64, rounds={1: 3, 2: 2}, layer_rounds={1: 2}, changed=("MobileNet V2",), variant_rounds=1,
    trained=("MobileNet V2",),
    trained_batch=2, out=QUICK_OUT,
)  # fmt: skip


class Table:
    """A CSV file that is read where it is, and written anew after each round."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path, self.columns = path, columns
        self.rows: list[dict[str, Any]] = []
        if path.exists():
            with path.open(newline="") as lines:
                self.rows = list(csv.DictReader(lines))

    def done(self, **key: object) -> bool:
        """Say whether there is a row with these values."""
        wanted = {column: str(value) for column, value in key.items()}
        return any(wanted.items() <= {k: str(v) for k, v in row.items()}.items()
                   for row in self.rows)  # fmt: skip

    def add(self, rows: list[dict[str, Any]]) -> None:
        """Write some rows more."""
        self.rows += rows
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_table(self.path, self.columns, self.rows)


class Clock:
    """What is left of a run's time, and its progress."""

    def __init__(self, minutes: float | None) -> None:
        self.ends = time.monotonic() + 60 * minutes if minutes else None

    def is_over(self, needs: float) -> bool:
        """Say whether what needs so many seconds would come to an end too late."""
        return self.ends is not None and time.monotonic() + needs > self.ends

    def minutes_left(self) -> float:
        """Return the minutes until it is over, a little more than none where it is."""
        return max((self.ends or 0) - time.monotonic(), 1e-3) / 60

    def says(self, message: str) -> None:
        """Print how far it is."""
        print(f"{datetime.now(UTC):%H:%M:%S}  {message}", flush=True)


def turns(rounds: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Yield (round, batch), so that each batch is as far as any other at any time."""
    every = [(number, batch) for batch, count in rounds.items() for number in range(count)]
    yield from sorted(every, key=lambda turn: (turn[0] / rounds[turn[1]], turn[1]))


def time_all(plan: Plan, clock: Clock) -> bool:
    """Time what is not yet timed; say whether all is."""
    return time_rounds(plan, clock, turns(plan.rounds), kept=True)


def time_control(plan: Plan, clock: Clock) -> bool:
    """Time some rounds in which memory is given back; say whether all are timed."""
    control = ((number, 8) for number in range(CONTROL_ROUNDS) if 8 in plan.rounds)
    return time_rounds(plan, clock, control, kept=False)


def time_rounds(plan: Plan, clock: Clock, rounds: Iterable[tuple[int, int]], *, kept: bool) -> bool:
    """Time the rounds that are not yet timed; say whether all are."""
    table = Table(plan.out / "inference_times.csv",
                  ("network", "batch", "kept", "round", "milliseconds"))  # fmt: skip
    models: dict[str, nn.Module] = {}
    warm: set[int] = set()
    took: dict[int, float] = {}
    for number, batch in rounds:
        if table.done(batch=batch, kept=int(kept), round=number):
            continue
        if clock.is_over(took.get(batch, 0)):
            return False
        start = time.monotonic()
        models = models or built(plan)
        if batch not in warm:
            # Of the largest batch only the first network, which takes most memory.
            for name in [*models][: 1 if batch > 8 else None]:
                timed_once(models[name], batch, image=plan.image, device=plan.device)
            warm.add(batch)
        table.add([
            {
                "network": name, "batch": batch, "kept": int(kept), "round": number,
                "milliseconds": f"{1000 * seconds:.3f}",
            }
            for name, model in models.items()
            for seconds in [timed_once(model, batch, image=plan.image, device=plan.device)]
        ])  # fmt: skip
        took[batch] = time.monotonic() - start
        clock.says(f"times: round {number + 1} of {plan.rounds[batch]}, batch {batch}, "
                   f"{took[batch]:.0f} s")  # fmt: skip
    return True


def built(plan: Plan) -> dict[str, nn.Module]:
    """Build the networks, with the random weights they are born with."""
    torch.manual_seed(0)
    return {name: build(known).eval().to(plan.device) for name, known in plan.networks.items()}


class _Watch(TorchDispatchMode):
    """Adds up the seconds of torch's operators, by the module in whose forward they run."""

    def __init__(self, waits: Callable[[], None]) -> None:
        super().__init__()
        self.seconds: dict[str, float] = defaultdict(float)
        self.inside = [""]
        self._waits = waits

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        start = time.perf_counter()
        out = func(*args, **(kwargs or {}))
        self._waits()
        self.seconds[self.inside[-1]] += time.perf_counter() - start
        return out


def seconds_by_module(model: nn.Module, images: torch.Tensor) -> dict[str, float]:
    """Return the seconds that the operators of each module take, without those inside of it."""
    watch = _Watch(torch.cuda.synchronize if images.is_cuda else lambda: None)

    def enter(name: str, *_: Any) -> None:
        watch.inside.append(name)

    def leave(*_: Any) -> None:
        watch.inside.pop()

    handles = [
        handle
        for name, module in model.named_modules()
        for handle in (
            module.register_forward_pre_hook(partial(enter, name)),
            module.register_forward_hook(leave),
        )
    ]
    try:
        with torch.inference_mode(), watch:
            model(images)
    finally:
        for handle in handles:
            handle.remove()
    return dict(watch.seconds)


def groups_of(layers: Iterable[LayerCost]) -> dict[str, str]:
    """Return module -> group, for all modules of a network that run operations of their own."""
    works: dict[str, list[Work]] = defaultdict(list)
    for row in layers:
        works[row.name] += works_of([row])
    return {module: group_of(own) for module, own in works.items()}


def time_layers(plan: Plan, clock: Clock) -> bool:
    """Time the modules of all networks; say whether all are timed."""
    by_group = Table(plan.out / "inference_groups.csv",
                     ("network", "batch", "group", "milliseconds"))  # fmt: skip
    by_layer = Table(plan.out / "inference_layers.csv",
                     ("network", "batch", "layer", "milliseconds"))  # fmt: skip
    models = built(plan)
    for batch, rounds in plan.layer_rounds.items():
        if by_group.done(batch=batch):
            continue
        found: dict[str, list[dict[str, float]]] = {name: [] for name in models}
        images = torch.randn(batch, 3, plan.image, plan.image, device=plan.device)
        for number in range(rounds + 1 if batch <= 8 else rounds):
            for name, model in models.items():
                if clock.is_over(0):
                    return False
                found[name].append(seconds_by_module(model, images))
            clock.says(f"layers: batch {batch}, round {number} of {rounds}")
        group_rows, layer_rows = [], []
        for name, lines in found.items():
            timed = lines[1:] or lines
            middle = {
                module: 1000 * statistics.median(line.get(module, 0.0) for line in timed)
                for module in timed[0]
            }
            shape = (1, 3, plan.image, plan.image)
            groups = groups_of(measure(plan.networks[name], shape).layers)
            sums: dict[str, float] = defaultdict(float)
            for module, milliseconds in middle.items():
                sums[groups.get(module, "passes")] += milliseconds
            where = {"network": name, "batch": batch}
            group_rows += [
                {**where, "group": group, "milliseconds": f"{total:.4f}"}
                for group, total in sums.items()
            ]
            layer_rows += [
                {**where, "layer": module, "milliseconds": f"{milliseconds:.4f}"}
                for module, milliseconds in middle.items()
                if name in DRAWN and batch <= 8
            ]
        by_layer.add(layer_rows)
        by_group.add(group_rows)
    return True


def peak_of_training(name: str, batch: int, image: int) -> int:
    """Return by how much two steps of training raise the peak of a process of its own."""
    code = (
        "from experiments.inference_time import trained; "
        f"print(trained({name!r}, batch={batch}, image={image}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(ran.stdout)


def trained(name: str, *, batch: int, image: int) -> int:
    """Train for two steps, and return the bytes by which this process grew at most."""
    torch.set_num_threads(1)
    nn.functional.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3))  # libraries are loaded

    def train() -> None:
        model = build(name).train()
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, foreach=True)
        images = torch.randn(batch, 3, image, image)
        for _ in range(2):
            model(images).sum().backward()
            optimizer.step()
            optimizer.zero_grad()

    return peak_bytes(train)


def measure_memory(plan: Plan, clock: Clock) -> bool:
    """Compare the peaks of processes with what is predicted; say whether all are there."""
    table = Table(plan.out / "inference_memory.csv",
                  ("network", "batch", "peak_bytes", "predicted_bytes"))  # fmt: skip
    for name in plan.trained:
        if table.done(network=name):
            continue
        if clock.is_over(30):
            return False
        shape = (plan.trained_batch, 3, plan.image, plan.image)
        step = training_step(plan.networks[name], shape)
        table.add([{
            "network": name, "batch": plan.trained_batch,
            "peak_bytes": peak_of_training(plan.networks[name], plan.trained_batch, plan.image),
            "predicted_bytes": step.peak.held,
        }])  # fmt: skip
        clock.says(f"memory: {name}")
    return True


def folded(model: nn.Module) -> nn.Module:
    """Return a copy in which each batch norm behind a convolution has become part of it."""
    traced = torch.fx.symbolic_trace(copy.deepcopy(model).eval())
    modules = dict(traced.named_modules())
    for node in traced.graph.nodes:
        before = node.args[0] if node.args else None
        if node.op != "call_module" or not isinstance(before, torch.fx.Node):
            continue
        norm, conv = modules[str(node.target)], modules.get(str(before.target))
        if (
            isinstance(norm, nn.BatchNorm2d)
            and isinstance(conv, nn.Conv2d)
            and len(before.users) == 1
        ):
            owner, _, own = str(before.target).rpartition(".")
            setattr(modules[owner], own, fuse_conv_bn_eval(conv, norm))
            node.replace_all_uses_with(before)
            traced.graph.erase_node(node)
    traced.recompile()
    return traced


def chain(layers: int, channels: int) -> nn.Module:
    """Return layers of 3 x 3 on maps of a sixteenth of the image, all with so many channels."""
    start = [nn.Conv2d(3, channels, 16, stride=16)]
    return nn.Sequential(*start, *(nn.Conv2d(channels, channels, 3, padding=1, bias=False)
                                   for _ in range(layers)))  # fmt: skip


def variants(plan: Plan) -> dict[tuple[str, str], nn.Module]:
    """Return (network, variant) -> the same work, done in another way."""
    torch.manual_seed(0)
    found: dict[tuple[str, str], nn.Module] = {}
    for name in plan.changed:
        model = build(plan.networks[name]).eval()
        found |= {
            (name, "as built"): model,
            (name, "batch norms folded"): folded(model),
            (name, "channels last"): copy.deepcopy(model).to(memory_format=torch.channels_last),
            (name, "both"): folded(model).to(memory_format=torch.channels_last),
        }
    # Equal multiply-adds: half the channels, four times the layers.
    for layers, channels in CHAINS:
        found["chain", f"{layers} layers of {channels}"] = chain(layers, channels).eval()
    return {key: model.to(plan.device) for key, model in found.items()}


def time_variants(plan: Plan, clock: Clock) -> bool:
    """Time the variants in turns; say whether all are timed."""
    table = Table(plan.out / "inference_variants.csv",
                  ("network", "variant", "batch", "round", "milliseconds"))  # fmt: skip
    models = variants(plan)
    for number in range(plan.variant_rounds + 1):
        if table.done(round=number):
            continue
        if clock.is_over(15):
            return False
        rows = [
            {
                "network": name, "variant": variant, "batch": batch, "round": number,
                "milliseconds": f"{1000 * seconds:.3f}",
            }
            for (name, variant), model in models.items()
            for batch in list(plan.rounds)[:2]
            for seconds in [timed_once(model, batch, image=plan.image, device=plan.device)]
        ]  # fmt: skip
        if number:  # round 0 warms up
            table.add(rows)
        clock.says(f"variants: round {number} of {plan.variant_rounds}")
    return True


STEPS = {
    "times": time_all, "control": time_control, "layers": time_layers, "variants": time_variants,
    "memory": measure_memory,
}  # fmt: skip
KEEP_NOTHING = {"control", "memory"}
"""Steps whose process gives memory back, as is the system's default."""


def main() -> int:
    """Do what is not yet done; return 0 if all is."""
    parser = argparse.ArgumentParser(prog="python -m experiments.inference_time")
    parser.add_argument("step", nargs="*", help=f"of {', '.join(STEPS)}; all if none is given")
    parser.add_argument("--quick", action="store_true", help="three small networks, in seconds")
    parser.add_argument("--minutes", type=float, help="stop after so many, to go on another time")
    parser.add_argument("--out", type=Path, help="the folder to write to")
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    plan = (QUICK if options.quick else FULL)._replace(device=device)
    plan = plan._replace(out=options.out or plan.out)
    clock = Clock(options.minutes)
    steps = options.step or [*STEPS]
    if len(steps) == 1 and is_at_home(steps[0]):
        with on_threads(plan.threads):
            ended = STEPS[steps[0]](plan, clock)
        about = {
            "machine": processor(device), "threads": plan.threads, "image": plan.image,
            "torch": str(torch.__version__), "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        }  # fmt: skip
        write_whole(plan.out / "inference_machine.json", json.dumps(about, indent=1) + "\n")
        return 0 if ended else UNFINISHED
    # Whether memory is kept is decided when a process starts: each step has one of its own.
    given = ["--quick"] * options.quick + (["--out", str(options.out)] if options.out else [])
    for step in steps:
        left = [] if clock.ends is None else ["--minutes", f"{clock.minutes_left():.3f}"]
        status = subprocess.call(
            [sys.executable, "-m", "experiments.inference_time", *given, *left, step],
            env=environment(kept=step not in KEEP_NOTHING),
        )
        if status:
            clock.says("not all is done: run it again, and it goes on")
            return status
    clock.says("done")
    return 0


def is_at_home(step: str) -> bool:
    """Say whether this process may do a step: it keeps memory for those that need that."""
    has_choice = platform.libc_ver()[0] == "glibc"
    return not has_choice or keeps_memory() == (step not in KEEP_NOTHING)


if __name__ == "__main__":
    sys.exit(main())
