"""The evidence that is counted: a function for each claim that a count can settle.

Each yields, as texts, the values for the fields of its claim's evidence in ``claims.csv``. The page
shows a function's lines below its claim, and a test compares the values with the table's.

Over 400 lines: one function for each of many claims, all alike, looked up by their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from claims.sources import Book
from convcost.arithmetic import (
    conv_macs,
    conv_output_size,
    conv_params,
    linear_macs,
    linear_params,
    pool_output_size,
    receptive_field,
)
from convcost.units import count, flops, mebibytes


def claim_01(book: Book) -> Iterator[str]:
    yield str(len(book.layers("resnet34", "add")))
    yield str(len(book.layers("resnet34", "concat")))


def claim_02(book: Book) -> Iterator[str]:
    yield count(book.params("paper/resnet-152"))
    yield count(book.params("paper/vgg-a"))


def claim_03(book: Book) -> Iterator[str]:
    yield count(book.params("resnet34"))
    yield count(book.params("resnet34", image=448))
    yield count(book.params("vgg19", "linear"))
    yield count(book.params("resnet34", "linear"))


def claim_04(book: Book) -> Iterator[str]:
    yield format(book.params("vgg19") / book.params("resnet34"), ".1f")
    yield count(book.params("resnet34"))
    yield count(book.params("vgg19"))


def claim_05(book: Book) -> Iterator[str]:
    yield str(len(book.layers("vgg19", "conv")))
    yield str(len(book.layers("resnet34", "conv")))


def claim_06(book: Book) -> Iterator[str]:
    yield count(book.params("vgg19", "conv"))
    yield count(book.params("resnet34", "conv"))
    yield count(book.params("vgg19", "linear"))


def claim_07(book: Book) -> Iterator[str]:
    yield str(len(book.layers("vgg19", "linear")))
    yield str(len(book.layers("resnet34", "linear")))


def claim_08(book: Book) -> Iterator[str]:
    flattened, averaged = linear_params(512 * 7 * 7, 4096), linear_params(512, 4096)
    yield count(book.params("paper/vgg-e"))
    yield count(book.params("paper/vgg-e") - flattened + averaged)
    yield count(book.params("paper/vgg-e", head="gap"))


def claim_09(book: Book) -> Iterator[str]:
    yield count(book.macs("paper/resnet-152"))
    yield count(book.macs("vgg16"))
    yield count(book.macs("vgg19"))


def claim_10(book: Book) -> Iterator[str]:
    yield count(book.params("vgg16"))
    yield format(book.params("resnet50"), ",")
    yield count(book.params("resnet34"))
    yield count(book.params("resnet152"))


def claim_11(book: Book) -> Iterator[str]:
    pairs = list(permutations(book.keras.values(), 2))
    yield str(len(pairs) // 2)
    yield str(
        sum(
            a.count_params < b.count_params and a.gpu_ms_per_step > b.gpu_ms_per_step
            for a, b in pairs
        )
    )
    yield str(
        sum(
            a.count_params < b.count_params and a.cpu_ms_per_step > b.cpu_ms_per_step
            for a, b in pairs
        )
    )


def claim_12(book: Book) -> Iterator[str]:
    side = conv_output_size(100, 3)
    yield format(side**2 * (9 + 8), ",")
    yield format(conv_macs(1, 1, 3, side, side), ",")
    yield format(2 * conv_macs(1, 1, 3, side, side), ",")


def claim_13(book: Book) -> Iterator[str]:
    yield str(conv_output_size(200, 3))
    yield format(conv_output_size(200, 3) ** 2 / conv_output_size(100, 3) ** 2, ".2f")


def claim_14(book: Book) -> Iterator[str]:
    yield str(book.layers("resnet34", "conv")[0].out_height)
    yield str(book.layers("resnet34", "max_pool")[0].out_height)


def claim_15(book: Book) -> Iterator[str]:
    yield str(len(book.layers("resnet34", "add")))
    yield str(sum(layer.kernel == (1, 1) for layer in book.layers("resnet34", "conv")))


def claim_16(book: Book) -> Iterator[str]:
    yield str(sum(layer.out_height == 224 for layer in book.layers("vgg19", "conv")))


def claim_17(book: Book) -> Iterator[str]:
    yield count(conv_macs(3, 64, 3, 224, 224))
    yield count(64 * 224 * 224 * (27 + 26))
    yield flops(conv_macs(3, 64, 3, 224, 224))


def claim_18(book: Book) -> Iterator[str]:
    yield count(conv_macs(64, 64, 3, 224, 224))
    yield format(conv_macs(64, 64, 3, 224, 224) / conv_macs(3, 64, 3, 224, 224), ".1f")
    yield flops(conv_macs(64, 64, 3, 224, 224))


def claim_19(book: Book) -> Iterator[str]:
    yield flops(conv_macs(64, 64, 3, 224, 224))
    yield book.printed("table 1", "paper/plain-34")
    yield format(conv_macs(64, 64, 3, 224, 224) / book.macs("resnet34"), ".0%")


def claim_20(book: Book) -> Iterator[str]:
    yield count(conv_macs(3, 64, 7, 112, 112))
    yield flops(conv_macs(3, 64, 7, 112, 112))


def claim_21(book: Book) -> Iterator[str]:
    first_four = sum(layer.macs for layer in book.layers("vgg19", "conv")[:4])
    yield count(first_four)
    yield flops(first_four)


def claim_22(book: Book) -> Iterator[str]:
    plain, vgg = book.layers("paper/plain-34", "conv"), book.layers("vgg19", "conv")
    yield str(max(layer.output_shape[1] for layer in plain if layer.out_height == 56))
    yield str(max(layer.output_shape[1] for layer in vgg if layer.out_height == 56))
    yield format(sum(layer.output_shape[1] for layer in plain), ",")
    yield format(sum(layer.output_shape[1] for layer in vgg), ",")


def claim_23(book: Book) -> Iterator[str]:
    layers = [(256, 64, 1), (64, 64, 3), (64, 256, 1)]
    yield format(sum(conv_params(*layer, bias=False) for layer in layers), ",")
    yield format(2 * conv_params(256, 256, 3, bias=False), ",")
    yield count(book.macs("paper/vgg-c"))
    yield count(book.macs("paper/vgg-b"))


def claim_24(book: Book) -> Iterator[str]:
    # The channels of the last convolution at each height.
    vgg = {layer.out_height: layer.output_shape[1] for layer in book.layers("vgg19", "conv")}
    plain = book.layers("paper/plain-34", "conv")
    channels = {layer.out_height: layer.output_shape[1] for layer in plain}
    yield ", ".join(str(vgg[height]) for height in (56, 28, 14))
    yield ", ".join(str(channels[height]) for height in (56, 28, 14, 7))


def claim_25(book: Book) -> Iterator[str]:
    yield count(book.params("vgg16", "linear"))


def claim_26(book: Book) -> Iterator[str]:
    yield count(book.params("vgg16", "linear"))
    yield count(book.params("vgg16"))
    yield format(book.params("vgg16", "linear") / book.params("vgg16"), ".1%")


def claim_27(book: Book) -> Iterator[str]:
    yield count(book.macs("vgg16", "conv"))
    yield count(book.macs("vgg16", "linear"))
    yield flops(book.macs("vgg16", "conv"))
    yield flops(book.macs("vgg16", "linear"))


def claim_28(book: Book) -> Iterator[str]:
    yield book.printed("section 4.1", "paper/resnet-50")
    yield book.printed("section 4.1", "paper/vgg-d")
    yield count(book.macs("vgg16"))


def claim_29(book: Book) -> Iterator[str]:
    yield format(book.params("vgg16", "linear") / book.params("vgg16"), ".0%")
    yield format(book.macs("vgg16", "linear") / book.macs("vgg16"), ".1%")


def claim_30(book: Book) -> Iterator[str]:
    yield format(linear_macs(4096, 4096) // linear_params(4096, 4096, bias=False), ",")
    yield format(conv_macs(64, 64, 3, 224, 224) // conv_params(64, 64, 3, bias=False), ",")
    yield format(2 * linear_macs(4096, 4096) // linear_params(4096, 4096, bias=False), ",")


def claim_31(book: Book) -> Iterator[str]:
    yield count(book.params("vgg16", "linear"))
    yield count(book.params("vgg16"))
    yield count(book.params("vgg19", "linear"))
    yield count(book.params("vgg19"))


def claim_32(book: Book) -> Iterator[str]:
    yield format(512 * 7 * 7, ",")
    yield format(linear_params(512 * 7 * 7, 4096, bias=False), ",")


def claim_33(book: Book) -> Iterator[str]:
    yield format(linear_params(25088, 4096) / book.params("vgg16"), ".0%")
    yield format(linear_params(25088, 4096) / book.params("vgg19"), ".0%")
    yield format(linear_params(25088, 4096) / book.params("paper/vgg-a"), ".0%")


def claim_34(book: Book) -> Iterator[str]:
    yield format(linear_params(512, 1000, bias=False), ",")
    yield format(linear_params(2048, 1000, bias=False), ",")


def claim_35(book: Book) -> Iterator[str]:
    yield str(book.layers("resnet34", "conv")[0].out_height)
    yield str(book.layers("resnet34", "max_pool")[0].out_height)


def claim_36(book: Book) -> Iterator[str]:
    yield str(book.layers("vgg16", "conv")[2].out_height)


def claim_37(book: Book) -> Iterator[str]:
    convolutions = book.layers("vgg16", "conv")
    on_whole_image = sum(layer.macs for layer in convolutions if layer.out_height == 224)
    yield count(on_whole_image)
    yield format(on_whole_image / book.macs("resnet34"), ".0%")
    yield format(on_whole_image / book.macs("vgg16"), ".0%")


def claim_40(book: Book) -> Iterator[str]:
    yield str(pool_output_size(224, 2, 2, padding=1))
    yield str(pool_output_size(224, 2, 2))


def claim_41(book: Book) -> Iterator[str]:
    yield str(sum(layer.kernel == (1, 1) for layer in book.layers("paper/vgg-c", "conv")))


def claim_42(book: Book) -> Iterator[str]:
    yield format(book.params("vgg16", "linear") / book.params("vgg16"), ".0%")


def claim_43(book: Book) -> Iterator[str]:
    networks = [f"paper/vgg-{letter}" for letter in ("a", "a-lrn", "b", "c", "d", "e")]
    yield ", ".join(str(len(book.layers(network, "conv", "linear"))) for network in networks)


def claim_44(book: Book) -> Iterator[str]:
    yield str(receptive_field([(3, 1), (3, 1)]))


def claim_45(book: Book) -> Iterator[str]:
    yield str(2 * conv_params(1, 1, 3, bias=False))
    yield str(conv_params(1, 1, 5, bias=False))


def claim_51(book: Book) -> Iterator[str]:
    convolutions = book.layers("paper/plain-34", "conv")
    yield str(56)
    yield str(conv_output_size(56, 3, padding=1))
    yield str(len(convolutions))
    yield str(sum(layer.input_shape[2] == layer.out_height for layer in convolutions))


def claim_53(book: Book) -> Iterator[str]:
    plain = book.params("paper/plain-34")
    yield count(book.params("paper/resnet-34", shortcut="A") - plain)
    yield count(book.params("paper/resnet-34", shortcut="B") - plain)
    yield count(book.params("paper/resnet-34", shortcut="C") - plain)


def claim_55(book: Book) -> Iterator[str]:
    with_b = book.params("paper/resnet-50", shortcut="B")
    added = with_b - book.params("paper/resnet-50", shortcut="A")
    yield count(added)
    yield format(added / with_b, ".0%")


def claim_57(book: Book) -> Iterator[str]:
    yield count(book.macs("paper/resnet-34"))
    yield count(book.macs("paper/resnet-50"))
    yield book.printed("table 1", "paper/plain-34")
    yield book.printed("table 1", "paper/resnet-50")


def claim_58(book: Book) -> Iterator[str]:
    yield count(book.macs("paper/resnet-152"))
    yield count(book.macs("vgg16"))


def claim_59(book: Book) -> Iterator[str]:
    yield str(sum(layer.out_height == 14 for layer in book.layers("paper/resnet-152", "add")))
    yield str(2 + 3 * (3 + 8 + 3 + 1))


def claim_60(book: Book) -> Iterator[str]:
    yield str(sum(layer.out_height == 7 for layer in book.layers("paper/resnet-152", "add")))


def claim_61(book: Book) -> Iterator[str]:
    options = {18: "A", 34: "A", 50: "B", 101: "B", 152: "B"}
    macs = [
        book.macs(f"paper/resnet-{depth}", shortcut=option) for depth, option in options.items()
    ]
    yield ", ".join(format(each / 1e9, ".2f") for each in macs)


def claim_62(book: Book) -> Iterator[str]:
    yield format(book.params("paper/plain-34"), ",")
    yield format(book.params("paper/resnet-34", shortcut="A"), ",")


def claim_65(book: Book) -> Iterator[str]:
    drops = [row.top5_percent - row.top1_percent for row in book.keras.values()]
    yield format(min(drops), ".1f")
    yield format(max(drops), ".1f")
    yield str(len(drops))


def claim_68(book: Book) -> Iterator[str]:
    yield str(len(book.layers("paper/vgg-d", "conv", "linear")))
    yield count(book.params("paper/vgg-d"))


def claim_70(book: Book) -> Iterator[str]:
    yield str(len(book.layers("resnet34", "add")))


def claim_71(book: Book) -> Iterator[str]:
    blocks = len(book.layers("resnet34", "add"))
    projections = sum(layer.kernel == (1, 1) for layer in book.layers("resnet34", "conv"))
    yield str(blocks - projections)
    yield str(blocks)


def claim_72(book: Book) -> Iterator[str]:
    convolutions = book.layers("paper/resnet-50", "conv")
    yield format(book.params("paper/resnet-50"), ",")
    yield str(book.keras["ResNet50"].parameters_millions)
    yield format(book.keras["ResNet50"].count_params, ",")
    yield format(book.cost("paper/resnet-50").buffers, ",")
    yield format(sum(layer.output_shape[1] for layer in convolutions), ",")


def claim_73(book: Book) -> Iterator[str]:
    depths = {}
    for network in ("paper/resnet-50", "densenet201", "mobilenet_v2"):
        layers = book.layers(network, "conv", "linear", "batch_norm")
        depths[network] = sum(layer.params + layer.buffers > 0 for layer in layers)
    yield str(depths["paper/resnet-50"])
    yield str(depths["densenet201"])
    yield str(depths["mobilenet_v2"])
    yield str(book.keras["ResNet50"].depth)
    yield str(book.keras["DenseNet201"].depth)
    yield str(book.keras["MobileNetV2"].depth)


def claim_74(book: Book) -> Iterator[str]:
    mib = {name: 4 * row.count_params / 2**20 for name, row in book.keras.items()}
    larger = {name: row.size_mb / mib[name] for name, row in book.keras.items()}
    farthest = max(larger, key=lambda name: larger[name])
    yield str(sum(round(mib[name]) == row.size_mb for name, row in book.keras.items()))
    yield str(len(mib))
    yield str(
        sum(abs(row.size_mb - mib[name]) <= mib[name] / 10 for name, row in book.keras.items())
    )
    yield farthest
    yield mebibytes(4 * book.keras[farthest].count_params)
    yield str(book.keras[farthest].size_mb)


def claim_75(book: Book) -> Iterator[str]:
    yield format(book.params("vgg16") / book.params("resnet152"), ".1f")
    yield format(book.params("vgg19") / book.params("resnet50"), ".1f")
    yield format(book.params("vgg19") / book.params("resnet34"), ".1f")


def claim_76(book: Book) -> Iterator[str]:
    yield str(book.keras["VGG16"].top1_percent)
    yield str(book.keras["ResNet50"].top1_percent)
    yield str(book.keras["ResNet152"].top1_percent)


def claim_77(book: Book) -> Iterator[str]:
    yield format(book.params("resnet50", "batch_norm"), ",")


def claim_78(book: Book) -> Iterator[str]:
    yield format(book.params("vgg16", "linear") / book.params("vgg16"), ".0%")
    yield format(book.macs("vgg16", "linear") / book.macs("vgg16"), ".1%")


def claim_79(book: Book) -> Iterator[str]:
    values = {}
    for network in ("resnet50", "vgg16"):
        maps = [m for m in book.layers(network, "relu", "max_pool") if m.out_height > 1]
        values[network] = sum(m.output_shape[1] * m.out_height * m.out_width for m in maps)
    yield format(values["resnet50"] / (2 * book.macs("resnet50")), ".2%")
    yield format(values["vgg16"] / (2 * book.macs("vgg16")), ".2%")


def claim_80(book: Book) -> Iterator[str]:
    yield str(book.keras["ResNet50"].gpu_ms_per_step)
    yield str(book.keras["VGG16"].gpu_ms_per_step)
    yield format(book.macs("vgg16") / book.macs("paper/resnet-50"), ".1f")


def claim_81(book: Book) -> Iterator[str]:
    sixteen, nineteen = book.vgg_errors("D"), book.vgg_errors("E")
    # A plus: 19 layers do better.
    gains = [round(sixteen[row] - nineteen[row], 1) for row in sixteen if row in nineteen]
    yield str(len(gains))
    yield str(sum(gain > 0 for gain in gains))
    yield str(max(gains))
    yield str(gains.count(0))
    yield str(sum(gain < 0 for gain in gains))
    yield str(-min(gains))


def claim_82(book: Book) -> Iterator[str]:
    yield str(book.keras["ResNet50"].cpu_ms_per_step)
    yield str(book.keras["VGG16"].cpu_ms_per_step)
    yield str(book.keras["ResNet50"].gpu_ms_per_step)
    yield str(book.keras["VGG16"].gpu_ms_per_step)
    yield format(book.macs("efficientnet_b0") / book.macs("vgg16"), ".1%")
    yield str(book.keras["EfficientNetB0"].gpu_ms_per_step)


def claim_83(book: Book) -> Iterator[str]:
    yield format(book.macs("vgg19") / book.macs("resnet34"), ".1f")
    yield count(book.macs("resnet34"))
    yield count(book.macs("vgg19"))


def claim_w1(book: Book) -> Iterator[str]:
    pooled = sum(
        channels * side**2
        for channels, side in ((64, 112), (128, 56), (256, 28), (512, 14), (512, 7))
    )
    values = 3 * 224**2 + book.cost("paper/vgg-d").activations + pooled
    yield count(values)
    yield mebibytes(4 * values)
    yield mebibytes(4 * 24e6)


def claim_w2(book: Book) -> Iterator[str]:
    yield count(book.macs("resnet50"))
    yield flops(book.macs("resnet50"))
    yield count(book.cost("resnet50").operations("fvcore"))
    yield count(book.cost("resnet50").operations("flop_counter"))
