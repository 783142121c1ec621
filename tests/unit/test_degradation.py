"""The experiment on depth: what it trains, what it looks at, and that nothing is left half done.

Truth: torchvision's format, autograd asked another way, hand arithmetic, and the paper's settings.
"""

import hashlib
import pickle
from dataclasses import replace
from urllib.error import URLError

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.datasets import CIFAR10

from convcost.architectures.resnet import BasicBlock
from convcost.page.training import Images
from experiments.degradation import images, networks, runner, settings, tables
from experiments.degradation.settings import Run

RUN = Run("digits", "depth", "none", "residual", 8, "A", True, "he", 64, 30, 0.1, 0, 1)
PLAIN = replace(RUN, kind="plain", shortcut="none")


@pytest.fixture
def some_images():
    torch.manual_seed(0)
    shown = torch.randn(16, 3, 8, 8)
    return Images(shown, torch.arange(16) % 10, shown + 1, torch.arange(16) % 10)


# -- what is trained -------------------------------------------------------------------------------


def test_every_change_is_one_change():
    """A run of "why" differs from a run of "depth" in what its change names, and nothing else."""
    differs = {
        "a tenth of the rate": {"learning_rate"},
        "warm-up": {"warm_up"},
        "no batch norm, a tenth of the rate": {"batch_norm", "learning_rate"},
        "orthogonal initialization": {"initialization"},
        "PyTorch's initialization": {"initialization"},
        "three times the epochs": {"epochs"},
    }
    found = settings.runs("digits")
    bare = {(run.kind, run.depth, run.seed): run for run in found if run.study == "depth"}
    changed = [run for run in found if run.study == "why"]

    assert {run.change for run in changed} == differs.keys()
    for run in changed:
        as_it_is = bare[run.kind, run.depth, run.seed].values()
        others = {name for name, value in run.values().items() if as_it_is[name] != value}
        assert others - {"study", "change"} == differs[run.change]


def test_depth_is_asked_with_five_seeds_in_pairs():
    found = [run for run in settings.runs("digits") if run.study == "depth"]
    for kind in settings.KINDS:
        for depth in (8, 14, 20, 32, 44, 56):
            seeds = [run.seed for run in found if (run.kind, run.depth) == (kind, depth)]
            assert seeds == [1, 2, 3, 4, 5]


def test_what_can_be_had_early_tells_most():
    """One seed of every question comes before a second seed of any but the lesson's."""
    order = [(run.study, run.seed) for run in settings.runs("digits")]
    last = {key: place for place, key in enumerate(order)}

    studies = {study for study, _ in order} - {"deep"}  # the longest one begins later
    assert len(studies) >= 5
    for one in studies:
        for other in studies - {"lesson"}:
            assert last[one, 1] < order.index((other, 2))
    assert last["lesson", 3] < order.index(("depth", 2))


def test_settings_that_cannot_be_are_refused(tmp_path):
    head, row, *_ = settings.PATH.read_text().splitlines()
    (tmp_path / "twice.csv").write_text("\n".join([head, row, row]))

    with pytest.raises(ValueError, match=r"twice\.csv asks for depth-plain-8-seed-1, .* more than"):
        settings.runs("digits", tmp_path / "twice.csv")
    with pytest.raises(ValueError, match="no row for 'mnist'; it has rows for digits and cifar10"):
        settings.runs("mnist")


@pytest.mark.parametrize("depth", [8, 20, 56])
def test_with_option_a_both_kinds_have_the_same_parameters(depth):
    plain, residual = (
        [weights.shape for weights in networks.network(replace(run, depth=depth)).parameters()]
        for run in (PLAIN, RUN)
    )
    assert plain == residual


def test_a_run_is_its_settings():
    seeds = [networks.network(replace(RUN, seed=seed)).conv1.weight for seed in (1, 1, 2)]
    assert torch.equal(seeds[0], seeds[1])
    assert not torch.equal(seeds[0], seeds[2])
    without = networks.network(replace(RUN, batch_norm=False))
    assert not [one for one in without.modules() if isinstance(one, nn.BatchNorm2d)]
    # Variances by the formulas: He's 2 / fan out, PyTorch's 1 / (3 fan in); orthogonal rows.
    deep = replace(RUN, depth=20)
    for name, variance in (("he", 2 / (9 * 64)), ("pytorch", 1 / (3 * 9 * 64))):
        model = networks.network(replace(deep, initialization=name))
        assert model.layer3[1].conv1.weight.var().item() == pytest.approx(variance, rel=0.05)
    flat = networks.network(replace(deep, initialization="orthogonal")).layer3[1].conv1.weight
    torch.testing.assert_close(flat.flatten(1) @ flat.flatten(1).T, 2 * torch.eye(64),
                               atol=1e-4, rtol=0)  # fmt: skip


# -- what is looked at -----------------------------------------------------------------------------


def test_gradients_of_layers_are_autograds(some_images):
    model = networks.network(PLAIN)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    rows = list(networks.layer_gradients(model, some_images))

    assert [row["layer"] for row in rows] == [*range(1, 9)]  # as many as the name says
    weights = [module.weight for module in model.modules() if isinstance(module, nn.Conv2d)]
    loss = nn.CrossEntropyLoss()(model.train()(some_images.train), some_images.train_labels)
    for row, gradient in zip(rows, torch.autograd.grad(loss, weights), strict=False):
        assert row["gradient_norm"] == pytest.approx(
            gradient.square().sum().sqrt().item(), rel=1e-4
        )
        assert row["weights"] == gradient.numel()
    for name, value in networks.network(PLAIN).state_dict().items():
        assert torch.equal(before[name], value), name  # looking changes nothing


def test_the_signal_without_batch_norm_doubles_block_by_block(some_images):
    """With He's weights a residual branch keeps the mean square, so that the sum adds one."""
    run = replace(RUN, depth=44, batch_norm=False)
    found = networks.signal(networks.network(run), some_images)

    assert len(found) == 1 + 21
    growth = (found[7] / found[1]) ** (1 / 6)  # six blocks of the first stage
    assert 1.3 < growth < 2.6
    plain = networks.signal(networks.network(replace(run, kind="plain", shortcut="none")),
                            some_images)  # fmt: skip
    assert plain[7] < found[7]


def test_likeness_is_the_cosine_of_two_gradients(some_images, monkeypatch):
    """At one distance, with every gradient by a call of its own."""
    monkeypatch.setattr(networks, "LINES", 1)
    monkeypatch.setattr(networks, "POINTS", 5)
    monkeypatch.setattr(networks, "LAGS", (0, 2))
    model = networks.network(replace(PLAIN, batch_norm=False)).eval()
    found = networks.gradient_likeness(model, some_images)

    start, end = some_images.test[:2]
    gradients = []
    for step in range(5):
        point = (start + step / 4 * (end - start))[None].requires_grad_()
        score = model(point)[0, some_images.test_labels[0]]
        gradients.append(torch.autograd.grad(score, point)[0].flatten())
    cosines = [
        torch.cosine_similarity(gradients[step], gradients[step + 2], dim=0).item()
        for step in range(3)
    ]
    assert found[0] == pytest.approx(1, abs=1e-6)
    assert found[1] == pytest.approx(sum(cosines) / 3, abs=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
def test_what_is_left_of_a_block_is_its_shortcut(stride):
    """As a block whose branch puts out zeros, for maps that a ReLU put out."""
    block = BasicBlock(16, 16 * stride, stride, "A")
    nn.init.zeros_(block.bn2.weight)
    maps = torch.rand(2, 16, 8, 8)
    torch.testing.assert_close(networks.Deleted(block)(maps), block(maps))


def test_each_block_is_deleted_once_and_put_back(some_images):
    model = networks.network(RUN)
    whole = list(networks.blocks(model))
    rows = list(networks.without_each_block(model, some_images))

    assert [row["block"] for row in rows] == [1, 2, 3]
    assert networks.blocks(model) == whole
    first = nn.Sequential(model.conv1, model.bn1, model.relu, *whole[1:], model.avgpool,
                          nn.Flatten(), model.fc).eval()  # fmt: skip
    wrong = first(some_images.test).argmax(1) != some_images.test_labels
    assert rows[0]["test_error"] == pytest.approx(100 * wrong.float().mean().item())


# -- CIFAR-10, in files of torchvision's format ----------------------------------------------------


@pytest.fixture
def cifar_files(tmp_path, monkeypatch):
    """Write a CIFAR-10 of 20 images a file, and let torchvision know the files' checksums."""
    folder = tmp_path / CIFAR10.base_folder
    folder.mkdir()
    random = np.random.default_rng(0)
    pixels, labels = {}, {}

    def write(name, entry):
        (folder / name).write_bytes(pickle.dumps(entry))
        return hashlib.md5((folder / name).read_bytes()).hexdigest()

    def batch(name):
        pixels[name] = random.integers(0, 256, (20, 3072), dtype=np.uint8)
        labels[name] = random.integers(0, 10, 20).tolist()
        return [name, write(name, {"data": pixels[name], "labels": labels[name]})]

    monkeypatch.setattr(CIFAR10, "train_list", [batch(name) for name, _ in CIFAR10.train_list])
    monkeypatch.setattr(CIFAR10, "test_list", [batch(name) for name, _ in CIFAR10.test_list])
    names = write("batches.meta", {"label_names": [f"class {n}" for n in range(10)]})
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": names})
    return tmp_path, pixels, labels


def test_cifar10_is_read_as_it_is_written(cifar_files, monkeypatch):
    root, pixels, labels = cifar_files
    monkeypatch.setenv("CIFAR10_ROOT", str(root))
    found = images.load("cifar10")

    assert found.train.shape == (100, 3, 32, 32)
    assert found.test.shape == (20, 3, 32, 32)
    names = [f"data_batch_{n}" for n in range(1, 6)]
    assert found.train_labels.tolist() == [label for name in names for label in labels[name]]
    # The format: 1,024 values of red, then of green, then of blue, row by row.
    raw = np.concatenate([pixels[name] for name in names]).reshape(-1, 3, 32, 32) / 255
    wanted = (raw - raw.mean((0, 2, 3), keepdims=True)) / raw.std((0, 2, 3), keepdims=True)
    np.testing.assert_allclose(found.train.numpy(), wanted, atol=1e-4)


def test_a_damaged_file_of_cifar10_is_refused_and_says_what_to_do(cifar_files, monkeypatch):
    root, _, _ = cifar_files
    damaged = root / CIFAR10.base_folder / "data_batch_3"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")

    def no_network(*_, **__):
        raise URLError("no network")

    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", no_network)
    with pytest.raises(RuntimeError, match=r"can't be fetched .*no network.* CIFAR10_ROOT=folder"):
        images.cifar10(root)


def test_images_are_shifted_by_up_to_four_and_some_are_mirrored():
    some = torch.arange(1.0, 1 + 64 * 3 * 8 * 8).reshape(64, 3, 8, 8)
    changed = images.shifted_and_mirrored(some, torch.Generator().manual_seed(0))
    padded = nn.functional.pad(some, (4, 4, 4, 4))
    mirrored = 0
    for before, after in zip(padded, changed, strict=True):
        crops = before.unfold(1, 8, 1).unfold(2, 8, 1)  # channels, tops, lefts, rows, columns
        as_it_is, flipped = (
            (crops == wanted[:, None, None]).all(-1).all(-1).all(0).any()
            for wanted in (after, after.flip(2))
        )
        assert as_it_is or flipped
        mirrored += bool(flipped and not as_it_is)
    assert 20 <= mirrored <= 44  # of 64 by chance


# -- what is written -------------------------------------------------------------------------------


def found(run, errors, **parts):
    """Return what a run would have found."""
    curve = [
        {"number": n, "loss": 1.0, "batch_error": 50.0, "train_error": error, "test_error": error}
        for n, error in enumerate(errors, start=1)
    ]
    about = dict.fromkeys(("params", "threads", "python", "torch", "torchvision", "machine"), "x")
    empty = {"gradients": [], "signal": [], "likeness": [], "deleted": []}
    return {**run.values(), **about, "wall_s": 1.0, "processor_s": 1.0, "curve": curve, **empty,
            **parts}  # fmt: skip


def test_tables_hold_each_seed_and_medians_over_them():
    gradient = {"epoch": 0, "layer": 1, "weights": 9, "weight_norm": 1.0}
    runs = [
        found(replace(RUN, seed=seed), [90.0, error],
              gradients=[{**gradient, "gradient_norm": error}], signal=[1.0, error])
        for seed, error in ((1, 4.0), (2, 8.0), (3, 5.0))
    ]  # fmt: skip

    assert [row["train_error"] for row in tables.final_errors(runs)] == ["4", "8", "5"]
    assert [row["epoch"] for row in tables.curves(runs)] == [1, 2] * 3
    (row,) = tables.gradients(runs)
    assert (row["median"], row["lowest"], row["highest"], row["seeds"]) == ("5", "4", "8", 3)
    assert [row["median"] for row in tables.signals(runs)] == ["1", "5"]


def test_new_rows_replace_those_of_the_same_images_only(tmp_path):
    tables.write_tables("digits", [found(RUN, [90.0])], tmp_path)
    tables.write_tables("cifar10", [found(replace(RUN, data="cifar10"), [80.0])], tmp_path)
    written = tables.write_tables("digits", [found(RUN, [70.0])], tmp_path)

    assert [path.name for path in written] == ["degradation_runs.csv", "degradation_curves.csv"]
    lines = (tmp_path / "degradation_curves.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["data", "cifar10", "digits"]
    assert "70.00" in lines[2]


def test_a_result_of_other_settings_is_none(tmp_path):
    (tmp_path / f"{RUN.name}.json").write_text(settings_of(RUN))

    assert runner.finished(RUN, tmp_path) is not None
    assert runner.finished(replace(RUN, epochs=31), tmp_path) is None
    assert runner.finished(replace(RUN, seed=2), tmp_path) is None


def settings_of(run):
    import json

    return json.dumps(found(run, [1.0]))


def test_two_runners_do_not_share_a_folder(tmp_path):
    with (
        runner.alone(tmp_path),
        pytest.raises(SystemExit, match="is running in"),
        runner.alone(tmp_path),
    ):
        pass


def test_a_run_that_fails_says_why_and_leaves_nothing(tmp_path):
    impossible = replace(RUN, depth=9)
    with pytest.raises(SystemExit, match=f"{impossible.name} failed:\n"):
        runner.do([impossible], tmp_path / "results", say=lambda _: None)
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["lock"]
