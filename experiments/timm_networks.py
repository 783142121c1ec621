"""Count timm's convolutional networks, and set torch's own counter beside it.

``python -m experiments.timm_networks`` writes experiments/timm_networks.csv: for each network, at
its own image size and without weights, what `convcost.measure` and what FlopCounterMode (FLOPs,
halved) find, and the distinct parameters. Where they differ, the last column names what torch
counts. It takes 20 minutes of one processor; given some names, it prints those only.
"""

import sys
from pathlib import Path

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from convcost import measure
from experiments.tables import write_table

PATH = Path(__file__).with_suffix(".csv")
COLUMNS = ("name", "image", "params", "macs", "torch_params", "torch_macs", "difference")
# timm's modules of networks without attention; some have a squeeze, none has queries and keys.
MODULES = [
    "byobnet", "convmixer", "convnext", "cspnet", "cspnext", "densenet", "dla", "dpn",
    "efficientnet", "fasternet", "ghostnet", "hardcorenas", "hgnet", "hrnet", "inception_next",
    "inception_resnet_v2", "inception_v3", "inception_v4", "lcnetv2", "mambaout", "mobilenetv3",
    "nasnet", "nfnet", "pnasnet", "rdnet", "regnet", "repghost", "repvit", "res2net", "resnest",
    "resnet", "resnetv2", "rexnet", "selecsls", "senet", "sknet", "starnet", "tresnet", "vgg",
    "vovnet", "xception", "xception_aligned",
]  # fmt: skip


def row_of(name: str) -> dict[str, object]:
    """Count one network in both ways."""
    import timm

    try:
        with torch.device("meta"):
            model = timm.create_model(name, pretrained=False).eval()
    except (NotImplementedError, RuntimeError):  # its builder asks for values
        model = timm.create_model(name, pretrained=False).eval()
    size = (1, *model.default_cfg["input_size"])
    cost = measure(model, size)
    real = model.to("meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        real(torch.empty(size, device="meta"))
    distinct: dict[int, nn.Parameter] = {id(one): one for one in real.parameters()}
    flops = {str(one): n // 2 for one, n in counter.get_flop_counts().get("Global", {}).items()}
    torch_macs = sum(flops.values())
    difference = cost.not_counted if torch_macs == cost.macs else f"torch: {flops}"
    return {
        "name": name,
        "image": size[-1],
        "params": cost.params,
        "macs": cost.macs,
        "torch_params": sum(one.numel() for one in distinct.values()),
        "torch_macs": torch_macs,
        "difference": difference,
    }


def main() -> None:
    """Write the table, or print some of its rows."""
    import timm

    names = sorted({name for module in MODULES for name in timm.list_models(module=module)})
    if sys.argv[1:]:
        for name in sys.argv[1:]:
            sys.stdout.write(f"{row_of(name)}\n")
        return
    write_table(PATH, COLUMNS, map(row_of, names))


if __name__ == "__main__":
    main()
