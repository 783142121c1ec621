"""Training a small network: the loop that a reader runs on the page, and `experiments` at length.

The recipe is that of He, Zhang, Ren & Sun 2015, arXiv 1512.03385, section 4.2, but for the number
of epochs and the size of a batch: stochastic gradient descent with momentum 0.9 and weight decay
0.0001, the learning rate divided by ten after half and after three quarters of the epochs.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4
TRAINING_DIGITS = 1400
"""So many of the 1,797 digits are for training, the first in their order; the rest are the test."""


@dataclass(frozen=True)
class Images:
    """Images to train on and to test with.

    Attributes
    ----------
    train, test : torch.Tensor
        (images, 3, height, width), float32, with mean 0 and standard deviation 1 over `train`.
    train_labels, test_labels : torch.Tensor
        (images,), int64.
    """

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor

    def to(self, device: str) -> "Images":
        """Return the images on a device."""
        return Images(*(tensor.to(device) for tensor in vars(self).values()))


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training images led to.

    Attributes
    ----------
    number : int
        1 for the first.
    loss : float
        Mean cross-entropy of the batches, each as it was trained on.
    batch_error : float
        Percent of the training images that were classified wrongly when they were trained on.
    train_error, test_error : float
        Percent of all training images and of all test images that the network classifies wrongly
        after the epoch, as it would be used: batch norm takes its running averages.
    """

    number: int
    loss: float
    batch_error: float
    train_error: float
    test_error: float


def digits(path: str | Path) -> Images:
    """Read the handwritten digits of book/data/digits.csv.

    Parameters
    ----------
    path : str or pathlib.Path
        A table with the columns `label` and `pixels`: 64 digits of base 17.

    Returns
    -------
    Images
        8 x 8, the one channel repeated three times, as the networks take three.
    """
    with Path(path).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    labels = torch.tensor([int(row["label"]) for row in rows])
    pixels = torch.tensor([[int(digit, 17) for digit in row["pixels"]] for row in rows])
    images = pixels.reshape(-1, 1, 8, 8).float()
    images = (images - images[:TRAINING_DIGITS].mean()) / images[:TRAINING_DIGITS].std()
    images = images.repeat(1, 3, 1, 1)
    return Images(
        images[:TRAINING_DIGITS],
        labels[:TRAINING_DIGITS],
        images[TRAINING_DIGITS:],
        labels[TRAINING_DIGITS:],
    )


def rate_at(epoch: int, epochs: int, learning_rate: float, warm_up: int) -> float:
    """Return the learning rate of an epoch, counted from 0.

    A tenth of the full one while it warms up, as the paper's network of 110 layers; then the full
    one; a tenth of it after half of all epochs, a hundredth after three quarters.
    """
    if epoch < warm_up:
        return learning_rate / 10
    falls = sum(epoch >= part * epochs for part in (0.5, 0.75))
    return learning_rate / float(10**falls)


def error_percent(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the percent of images that a network, as it would be used, classifies wrongly.

    Scores that are not numbers are wrong.
    """
    model.eval()
    wrong = 0
    with torch.inference_mode():
        for start in range(0, len(labels), 1000):
            scores = model(images[start : start + 1000])
            right = scores.argmax(1) == labels[start : start + 1000]
            hits = right & scores.isfinite().all(1)
            wrong += int((~hits).sum())
    return 100 * wrong / len(labels)


def train(
    model: nn.Module,
    images: Images,
    *,
    epochs: int = 20,
    learning_rate: float = 0.1,
    warm_up: int = 0,
    batch: int = 64,
    seed: int = 1,
    change: Callable[[Tensor, torch.Generator], Tensor] | None = None,
) -> Iterator[Epoch]:
    """Train a network in place, and yield what each epoch led to.

    Parameters
    ----------
    model : torch.nn.Module
        Maps images to scores.
    images : Images
        On the device of the model.
    epochs : int
        Passes over the training images.
    learning_rate : float
        The highest, see `rate_at`.
    warm_up : int
        Epochs at the beginning with a tenth of it.
    batch : int
        Images a step.
    seed : int
        Decides the order of the images, which is drawn anew for each epoch.
    change : callable, optional
        Draws from the images of a batch (batch, 3, height, width) those to train on instead.

    Yields
    ------
    Epoch
        It ends early, after the epoch in which the loss is no longer a finite number.
    """
    # A third faster on a processor.
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    train_images, test_images = (
        some.contiguous(memory_format=torch.channels_last) for some in (images.train, images.test)
    )
    optimizer = torch.optim.SGD(
        model.parameters(), learning_rate, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY
    )
    draw = torch.Generator().manual_seed(seed)
    count = len(images.train)
    for epoch in range(epochs):
        optimizer.param_groups[0]["lr"] = rate_at(epoch, epochs, learning_rate, warm_up)
        model.train()
        loss_sum, wrong = 0.0, 0
        order = torch.randperm(count, generator=draw).to(train_images.device)
        for start in range(0, count, batch):
            places = order[start : start + batch]
            some, right = train_images[places], images.train_labels[places]
            scores = model(some if change is None else change(some, draw))
            loss = functional.cross_entropy(scores, right)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            loss_sum += loss.item() * len(places)
            wrong += int((scores.argmax(1) != right).sum())
        yield Epoch(
            epoch + 1,
            loss_sum / count,
            100 * wrong / count,
            error_percent(model, train_images, images.train_labels),
            error_percent(model, test_images, images.test_labels),
        )
        if not loss.isfinite():
            return
