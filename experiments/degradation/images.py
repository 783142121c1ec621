"""The images of the experiments: digits that come with the book, CIFAR-10 where it can be had."""

import os
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.datasets import CIFAR10

from convcost.page.training import Images, digits
from experiments.tables import DATA


def load(data: str) -> Images:
    """Return the images of a name of `CHANGES`."""
    if data == "digits":
        return digits(DATA / "digits.csv")
    return cifar10(Path(os.environ.get("CIFAR10_ROOT", Path.home() / ".cache" / "cifar10")))


def cifar10(root: Path) -> Images:
    """Read CIFAR-10 as torchvision does, which checks each file's MD5; fetch what is missing.

    Parameters
    ----------
    root : pathlib.Path
        The folder in which cifar-10-batches-py is, or shall be.

    Raises
    ------
    RuntimeError
        If it is not there and can't be fetched, or a file is not what it should be.
    """
    try:
        parts = [CIFAR10(root, train=train, download=True) for train in (True, False)]
    except (OSError, RuntimeError) as error:
        raise RuntimeError(
            f"CIFAR-10 is not in {root} and can't be fetched ({error}); download "
            f"{CIFAR10.url}, unpack it there so that {root / CIFAR10.base_folder} is a folder, or "
            "name the folder in which it is: CIFAR10_ROOT=folder make experiments DATA=cifar10"
        ) from error
    train, test = (torch.from_numpy(part.data).permute(0, 3, 1, 2).float() / 255 for part in parts)
    mean = train.mean((0, 2, 3), keepdim=True)
    deviation = train.std((0, 2, 3), keepdim=True)
    train_labels, test_labels = (torch.tensor(part.targets) for part in parts)
    return Images((train - mean) / deviation, train_labels, (test - mean) / deviation, test_labels)


def shifted_and_mirrored(images: Tensor, draw: torch.Generator) -> Tensor:
    """Pad each image by four on each side, crop it at a place by chance, mirror every second.

    As He et al. 2015, arXiv 1512.03385, section 4.2.
    """
    height, width = images.shape[2:]
    padded = functional.pad(images, (4, 4, 4, 4))
    changed = torch.empty_like(images)
    tops, lefts = torch.randint(0, 9, (2, len(images)), generator=draw).tolist()
    for place, (top, left) in enumerate(zip(tops, lefts, strict=True)):
        changed[place] = padded[place, :, top : top + height, left : left + width]
    mirrored = (torch.rand(len(images), generator=draw) < 0.5).to(images.device)
    return torch.where(mirrored.reshape(-1, 1, 1, 1), changed.flip(3), changed)


CHANGES: dict[str, Callable[[Tensor, torch.Generator], Tensor] | None] = {
    "digits": None,
    "cifar10": shifted_and_mirrored,
}
"""How the images of a batch are changed before it is trained on."""
