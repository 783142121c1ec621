"""The training loop of the page: against a step by hand, and scikit-learn's own digits."""

import math

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from convcost.page.training import MOMENTUM, WEIGHT_DECAY, Images, digits, rate_at, train
from experiments.tables import DATA


def test_the_digits_are_scikit_learns():
    theirs, ours = load_digits(), digits(DATA / "digits.csv")

    labels = torch.cat([ours.train_labels, ours.test_labels])
    assert labels.tolist() == theirs.target.tolist()
    assert (len(ours.train), len(ours.test)) == (1400, 397)
    pixels = torch.cat([ours.train, ours.test])
    assert pixels.shape == (1797, 3, 8, 8)
    gray = torch.tensor(theirs.images[:, None], dtype=torch.float32)
    wanted = (gray - gray[:1400].mean()) / gray[:1400].std()
    for channel in pixels.split(1, dim=1):
        torch.testing.assert_close(channel, wanted)


def test_the_rate_falls_as_in_the_paper():
    # He et al. 2015, section 4.2: divided by 10 at 32k and 48k of 64k iterations; 0.01 to warm up.
    rates = [rate_at(epoch, 64, 0.1, warm_up=2) for epoch in range(64)]

    wanted = [0.01] * 2 + [0.1] * 30 + [0.01] * 16 + [0.001] * 16
    assert rates == pytest.approx(wanted, rel=1e-12)


class Line(nn.Module):
    """Two scores for one number: 0, and the number times the only weight."""

    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))

    def forward(self, x):
        score = self.weight * x[:, 0, 0, 0]
        return torch.stack([torch.zeros_like(score), score], dim=1)


def one_image(value, label):
    image, right = torch.full((1, 3, 1, 1), value), torch.tensor([label])
    return Images(image, right, image, right)


def test_the_steps_are_those_of_a_pencil():
    """One weight, one image of 2 that belongs to class 1: loss log(1 + exp(−2w))."""
    model, weight, speed = Line(0.5), 0.5, 0.0
    epochs = train(model, one_image(2.0, 1), epochs=4, learning_rate=0.1)
    for number, rate in enumerate([0.1, 0.1, 0.01, 0.001], start=1):
        loss = math.log(1 + math.exp(-2 * weight))
        slope = -2 / (1 + math.exp(2 * weight)) + WEIGHT_DECAY * weight
        speed = MOMENTUM * speed + slope
        weight -= rate * speed
        found = next(epochs)
        assert (found.number, found.batch_error, found.train_error) == (number, 0, 0)
        assert found.loss == pytest.approx(loss, rel=1e-5)
        assert model.weight.item() == pytest.approx(weight, rel=1e-5)
    assert next(epochs, None) is None


def test_scores_that_are_no_numbers_are_wrong_and_end_the_training():
    (only,) = train(Line(math.nan), one_image(2.0, 0), epochs=5)

    assert (only.number, only.train_error, only.test_error) == (1, 100, 100)


def test_the_seed_decides_the_order():
    def ends(seed):
        many = Images(*(torch.rand(6, 3, 1, 1), torch.arange(6) % 2) * 2)
        model = Line(1.0)
        list(train(model, many, epochs=2, batch=2, seed=seed, learning_rate=1.0))
        return model.weight.item()

    torch.manual_seed(0)
    first = torch.random.get_rng_state()
    found = []
    for seed in (1, 1, 2):
        torch.random.set_rng_state(first)
        found.append(ends(seed))
    assert found[0] == found[1] != found[2]


def test_images_to_train_on_can_be_changed():
    seen = []

    def change(some, draw):
        seen.append(some.clone())
        return -some

    model = Line(1.0)
    (epoch,) = train(model, one_image(2.0, 1), epochs=1, change=change)

    assert [one.unique().item() for one in seen] == [2.0]
    assert (epoch.batch_error, epoch.train_error) == (100, 0)  # as trained on; as it is
