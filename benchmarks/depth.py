"""How convcost.measure grows with depth: CIFAR residual networks of 56 and of 1202 layers."""

from benchmarks._clock import medians
from convcost import build, measure

INPUT = (1, 3, 32, 32)
SHALLOW, DEEP = 56, 1202


def main() -> None:
    """Print milliseconds a layer at both depths, and their ratio."""
    networks = {depth: build(f"cifar/resnet-{depth}") for depth in (SHALLOW, DEEP)}
    calls = {
        f"{what} {depth}": call
        for depth, network in networks.items()
        for what, call in (
            ("a network built before", lambda network=network: measure(network, INPUT)),
            ("a name", lambda depth=depth: measure(f"cifar/resnet-{depth}", INPUT)),
        )
    }
    for call in calls.values():
        call()
    times = medians(5, **calls)
    print(f"{'milliseconds a layer, measuring':34}{SHALLOW:>12}{DEEP:>12}{'ratio':>10}   bar")
    for what in ("a network built before", "a name"):
        shallow, deep = (times[f"{what} {depth}"] / depth * 1e3 for depth in (SHALLOW, DEEP))
        print(f"{what:34}{shallow:12.3f}{deep:12.3f}{deep / shallow:10.2f}   at most 1.5")


if __name__ == "__main__":
    main()
