"""What can't be measured is refused with the true cause, and with advice that works."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from convcost import build, measure
from tests.unit.stand_ins import Calls

IMAGE = (1, 3, 8, 8)
CONV = nn.Conv2d(3, 8, 3)


def words_of(model, size):
    with pytest.raises(ValueError, match="can't be measured") as caught:
        measure(model, size)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def quantized():
    return torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(8, 8)), {nn.Linear})


def with_sparse_buffer():
    model = Calls(lambda m, x: torch.sparse.mm(m.table, x))
    model.register_buffer("table", torch.eye(8).to_sparse())
    return model


def with_a_curious_hook():
    model = nn.Sequential(nn.Conv2d(3, 8, 3))

    def check_mean(_module, _inputs, out):
        assert out.mean() < 1000

    model[0].register_forward_hook(check_mean)
    return model


@pytest.mark.filterwarnings("ignore:.*quantiz.*", "ignore:.*[Nn]ested.*", "ignore:.*reduce_range.*")
@pytest.mark.parametrize(
    ("make", "size", "words"),
    [
        (quantized, (1, 8), ["0 (Linear)", "quantized", "the model that they were made from"]),
        (with_sparse_buffer, (8, 4), ["table is a sparse tensor", "to_dense()"]),
        (
            lambda: Calls(lambda _, x: torch.sparse.mm(x.to_sparse(), x)),
            (8, 8),
            ["sparse", "to_dense()"],
        ),
        (with_a_curious_hook, IMAGE, ["the hook 0: ", "check_mean", "remove it"]),
        (
            lambda: nn.Transformer(16, 4, 1, 1),
            (3, 1, 16),
            ["'tgt'", "more than one input", "takes one tensor"],
        ),
        (lambda: Calls(lambda _, x: x.unique()), IMAGE, ["no form without values"]),
        (lambda: Calls(lambda _, x: x.nonzero()), IMAGE, ["asks for the values"]),
        (lambda: Calls(lambda _, x: x.cpu().numpy()), IMAGE, ["asks for the values"]),
        (lambda: Calls(lambda _, __: torch.cuda.synchronize()), IMAGE, ["only a GPU can do"]),
    ],
)
def test_the_cause_is_named(make, size, words):
    message = words_of(make(), size)
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("model", "size", "line"),
    [
        ("vgg16", (3, 224, 224), "the batch is missing: give input_size=(1, 3, 224, 224)"),
        ("resnet18", [3, 96, 96], "the batch is missing: give input_size=(1, 3, 96, 96)"),
        (
            nn.Sequential(nn.Flatten(), nn.Linear(192, 10)),
            (3, 8, 8),
            "the batch is missing: give input_size=(1, 3, 8, 8)",
        ),
        ("resnet18", (96, 96), "(batch, channels, height, width): input_size=(1, 3, 96, 96)"),
        (
            "resnet18",
            (1, 96, 96, 3),
            "come before height and width: give input_size=(1, 3, 96, 96)",
        ),
        ("resnet18", (96, 96, 3), "come before height and width: give input_size=(1, 3, 96, 96)"),
    ],
)
def test_the_size_that_works_is_said(model, size, line):
    message = words_of(model, size)

    assert message.endswith(line)
    works = tuple(map(int, re.findall(r"\d+", line.rpartition("=")[2])))
    assert measure(model, works).input_size == works


def test_integers_are_asked_for_by_a_line_that_works():
    model = nn.Sequential(nn.Embedding(100, 8), nn.Linear(8, 100))

    assert "model(x.long())" in words_of(model, (1, 12))
    assert measure(Calls(lambda m, x: m.model(x.long()), model=model), (1, 12)).macs == 12 * 800


@pytest.mark.parametrize(
    "size",
    [
        IMAGE, list(IMAGE), torch.Size(IMAGE), np.array(IMAGE), tuple(map(np.int64, IMAGE)),
        [IMAGE], torch.zeros(IMAGE).shape,
    ],
)  # fmt: skip
def test_sizes_as_others_write_them(size):
    assert measure(CONV, size).input_size == IMAGE


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (torch.zeros(IMAGE), "give the tensor's shape: input_size=(1, 3, 8, 8)"),
        ([IMAGE, (1, 3)], "but a model gets one tensor"),
        (224, "(batch, channels, height, width)"),
        ({"x": IMAGE}, "integers"),
    ],
)
def test_sizes_that_are_none_are_answered_with_the_line_to_write(size, words):
    with pytest.raises(TypeError) as caught:
        measure(CONV, size)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("VGG16", "vgg16"),
        ("VGG-16", "vgg16"),
        ("vgg_16_bn", "vgg16_bn"),
        ("resnet-50", "resnet50"),
        ("ResNet 50", "resnet50"),
        ("torchvision/resnet50", "resnet50"),
        ("EfficientNet-B0", "efficientnet_b0"),
        ("inception v3", "inception_v3"),
        ("paper/vgg16", "paper/vgg-d"),
        ("paper/VGG-19", "paper/vgg-e"),
        ("paper/resnet50", "paper/resnet-50"),
        ("keras/ResNet50V2", "keras/resnet-50-v2"),
        ("cifar/resnet20", "cifar/resnet-20"),
        ("facebook/convnext-tiny-224", "convnext_tiny"),
        ("timm/resnet50.a1_in1k", "resnet50"),
        ("resnet50.a1_in1k", "resnet50"),
    ],
)
def test_names_as_people_write_them(written, meant):
    with pytest.raises(ValueError, match="there is no network") as caught:
        build(written)

    assert f"did you mean {meant!r}" in str(caught.value)
    timms = "timm.create_model('resnet50.a1_in1k')"
    assert (timms in str(caught.value)) == ("a1_in1k" in written)


def test_a_network_of_timms_is_to_be_given_as_a_module():
    with pytest.raises(ValueError, match=r"timm\.create_model\('nfnet_f0'\)$"):
        build("timm/nfnet_f0")
