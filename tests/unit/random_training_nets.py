"""Random networks to train: any order of the layers that training memory has rules for."""

import random

import torch
from torch import nn


class Branches(nn.Module):
    """Layers on the same input, put together by an addition or a concatenation."""

    def __init__(self, branches, join):
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.join = join

    def forward(self, x):
        outs = [branch(x) for branch in self.branches]
        return torch.cat(outs, 1) if self.join == "concatenate" else sum(outs[1:], outs[0])


class Shortcut(nn.Module):
    """Layers past which their input is passed on, and added in place or not."""

    def __init__(self, layers, in_place):
        super().__init__()
        self.layers = layers
        self.in_place = in_place

    def forward(self, x):
        out = self.layers(x)
        if self.in_place:
            out += x
            return out
        return x + out


def layer(rng, channels):
    """Return a random layer that keeps height, width and channels, without a ReLU in place."""
    return rng.choice([
        lambda: nn.Conv2d(channels, channels, 3, padding=1, bias=rng.random() < 0.5),
        lambda: nn.Conv2d(channels, channels, 1, groups=rng.choice([1, channels])),
        lambda: nn.BatchNorm2d(channels, affine=rng.random() < 0.8),
        nn.ReLU,
        lambda: nn.Dropout(rng.choice([0.0, 0.3])),
        lambda: nn.Dropout2d(0.2),
        lambda: nn.MaxPool2d(3, stride=1, padding=1),
        lambda: nn.AvgPool2d(3, stride=1, padding=1),
        nn.Identity,
    ])()  # fmt: skip


def block(rng, channels):
    """Return a random block, and the channels that it puts out."""
    kind = rng.randrange(9)
    if kind < 4:
        return layer(rng, channels), channels
    if kind == 4:
        out = rng.choice([4, 6, 8])
        # In place a ReLU may only overwrite what nobody needs: a convolution's or a norm's output.
        norm = [nn.BatchNorm2d(out)] if rng.random() < 0.6 else []
        relu = [nn.ReLU(inplace=rng.random() < 0.7)] if rng.random() < 0.8 else []
        dropout = [nn.Dropout(0.5, inplace=not relu)] if rng.random() < 0.3 else []
        conv = nn.Conv2d(channels, out, 3, stride=rng.choice([1, 1, 2]), padding=1)
        return nn.Sequential(conv, *norm, *relu, *dropout), out
    if kind == 5:
        return rng.choice([nn.MaxPool2d, nn.AvgPool2d])(2, ceil_mode=True), channels
    layers = [nn.Sequential(*(layer(rng, channels) for _ in range(rng.randrange(1, 4))))
              for _ in range(rng.randrange(2, 4))]  # fmt: skip
    if kind == 6:
        return Branches(layers, "add"), channels
    if kind == 7 and channels < 20:
        return Branches(layers, "concatenate"), channels * len(layers)
    # Nothing may overwrite what a last ReLU keeps, so the addition in place follows a norm.
    in_place = rng.random() < 0.5
    last = [nn.BatchNorm2d(channels)] if in_place else []
    return Shortcut(nn.Sequential(*layers[0], *last), in_place), channels


def network(seed):
    """Return a random network for images with three channels."""
    rng = random.Random(seed)
    channels, parts = 3, []
    for _ in range(rng.randrange(2, 8)):
        part, channels = block(rng, channels)
        parts.append(part)
    head = rng.choice(["map", "mean", "linear", "hidden"])
    if head != "map":
        pooled = rng.choice([1, 2])
        parts += [nn.AdaptiveAvgPool2d(pooled), nn.Flatten()]
        features = channels * pooled**2
        if head == "hidden":
            parts += [nn.Linear(features, 8), nn.ReLU(inplace=True), nn.Dropout(0.5)]
        if head != "mean":
            parts.append(nn.Linear(8 if head == "hidden" else features, 5))
    return nn.Sequential(*parts)
