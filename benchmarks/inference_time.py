"""The order of times that "Fewer operations, yet slower?" is built on: found here, and stored."""

import csv

from convcost import build, time_networks
from experiments.tables import DATA

NETWORKS = {"VGG-16": "vgg16", "ResNet-50": "resnet50", "ResNet-18": "resnet18",
            "EfficientNet-B4": "efficientnet_b4", "MobileNet V2": "mobilenet_v2"}  # fmt: skip


def main() -> None:
    """Print each network's time as a ratio to VGG-16's, with one image, here and as stored."""
    with (DATA / "inference_networks.csv").open(newline="") as lines:
        stored = {row["network"]: row for row in csv.DictReader(lines) if row["batch"] == "1"}
    timings = time_networks({label: build(name) for label, name in NETWORKS.items()}, rounds=5)
    here = timings.to_frame().set_index("network")["median_ms"]
    print(f"{'one image':20}{'ratio to VGG-16':>16}{'stored':>10}")
    for label in NETWORKS:
        found, kept = here[label] / here["VGG-16"], float(stored[label]["ratio"])
        print(f"{label:20}{found:16.3f}{kept:10.3f}")
    print("bar: VGG-16 takes at least 5 times MobileNet V2's time, and EfficientNet-B4 more than "
          "ResNet-18's")  # fmt: skip
    print(f"found: {here['VGG-16'] / here['MobileNet V2']:.1f} times, and "
          f"{here['EfficientNet-B4'] / here['ResNet-18']:.2f}. {timings}")  # fmt: skip


if __name__ == "__main__":
    main()
