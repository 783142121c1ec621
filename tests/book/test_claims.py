"""`book/claims/claims.csv`: every verdict has its evidence, and every number is computed anew.

The truth here is fourfold: the functions of `claims.evidence`, called again; the rules of
`claims.rules`, applied to what a claim prints; statements written down once more in this file, with
a pencil's arithmetic where it suffices, that hold or do not hold as the verdict says; and the
bibliography.
"""

import csv
import inspect
import re
import zipfile
from pathlib import Path

import pytest
import yaml

from claims import docket, evidence
from claims.findings import find, function_of
from claims.numbers import NUMBERS as PRINTED
from claims.numbers import verdict
from claims.rules import Said, agrees, judge, of_parts
from claims.sources import Book
from convcost.architectures import catalogue
from convcost.page.bibliography import read_works

BOOK = Path(__file__).parents[2] / "book"
DATA = BOOK / "data"
DOCKET = BOOK / "claims"
EVERY = docket.read_claims(DOCKET / "claims.csv")
CLAIMS = {claim.id: claim for claim in EVERY if claim.document != docket.ELSEWHERE}
DOCUMENTS = docket.read_documents(DOCKET / "documents.csv")
TOPICS = {"parameters", "operations", "layers", "shortcuts", "training", "accuracy", "time"}
#: Each network is measured once for all tests here.
NUMBERS = Book(DATA)


def cost(name, image=224, **options):
    return NUMBERS.cost(name, image, **options)


def layers(name, kind, **options):
    return [layer for layer in cost(name, **options).layers if layer.kind == kind]


def params(name, kind=None, **options):
    rows = cost(name, **options).layers
    return sum(row.params for row in rows if kind in (None, row.kind))


def macs(name):
    return cost(name).macs


def keras():
    with (DATA / "keras_steps.csv").open(newline="") as lines:
        steps = {row["model"]: row for row in csv.DictReader(lines)}
    return [(model, steps[model.model]) for model in catalogue.keras_models()]


def test_every_claim_is_on_the_docket_once():
    assert [claim.id for claim in EVERY if claim.id in CLAIMS] == [f"{k:02}" for k in range(1, 85)]
    assert [claim.id for claim in EVERY if claim.id not in CLAIMS] == ["W1", "W2"]


def test_documents_have_as_many_claims_as_were_found_in_them():
    counts = dict.fromkeys((document.document for document in DOCUMENTS), 0)
    for claim in EVERY:
        counts[claim.document] += 1
    assert list(counts.values()) == [10, 23, 8, 27, 16, 2]


@pytest.mark.parametrize("claim", EVERY, ids=lambda claim: claim.id)
def test_a_claim_is_complete(claim):
    assert claim.verdict in docket.VERDICTS
    assert claim.says in docket.SAYS
    assert claim.topic in TOPICS
    assert claim.claim.endswith((".", ")", "in."))
    # A number is a digit, or a word that counts or compares.
    compares = r"\d|more|fewer|below|higher|seventh|same|little|slightly|reduces|need|difference"
    assert claim.says != "number" or re.search(compares, claim.claim)
    assert claim.evidence.endswith(".")
    # Something is there to look up, or to compute.
    assert claim.citations or claim.values
    asked = {int(field) for field in re.findall(r"\{(\d+)\}", claim.evidence)}
    assert asked == set(range(len(claim.values)))


def test_citations_resolve_and_say_where():
    works = read_works(BOOK / "references.bib")
    for claim in EVERY:
        for citation in claim.citations:
            key, _, place = citation.partition(", ")
            assert key in works, claim.id
            assert place, claim.id
            assert works[key].address.startswith("https://")


def test_the_evidence_is_computed_anew():
    found = {number: finding.values for number, finding in find(EVERY, NUMBERS).items()}
    assert found == {claim.id: claim.values for claim in EVERY if claim.values}


def test_every_function_is_the_evidence_of_a_claim():
    functions = {
        function
        for name, function in inspect.getmembers(evidence, inspect.isfunction)
        if name.startswith("claim_")
    }
    assert functions == {function_of(claim) for claim in EVERY} - {None}


def test_what_can_not_be_checked_here_says_so():
    unchecked = [c.id for c in EVERY if re.search(r"not measured|can't be checked", c.evidence)]
    assert {"38", "64", "11", "45", "78", "80"} <= set(unchecked)


def test_no_person_is_named_and_public_documents_have_address_and_license():
    for document in DOCUMENTS:
        public = document.document.startswith("forum post")
        assert bool(document.address) == public
        assert document.license == ("CC BY-SA" if public else "")
        if public:
            site = r"https://(datascience|stats)\.stackexchange\.com/questions/[\w/-]+"
            assert re.fullmatch(site, document.address)


# -- the claims, said once more --------------------------------------------------------------------

SECOND = 9 * 64 * 64 * 224 * 224
HEAD = 25088 * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * 1000 + 1000

#: Claim -> whether it holds, as it stands, in this book's conventions.
STATEMENTS = {
    "01": lambda: bool(layers("resnet34", "concat")),
    "02": lambda: max(params(f"paper/resnet-{n}") for n in (18, 34, 50, 101, 152))
    < min(params(f"paper/vgg-{c}") for c in ("a", "b", "c", "d", "e")),
    "03": lambda: params("resnet34", image=448) != params("resnet34"),
    "04": lambda: 6.5 <= 143_667_240 / params("resnet34") < 9,
    "05": lambda: len(layers("paper/plain-34", "conv")) > len(layers("vgg19", "conv")),
    "06": lambda: params("vgg19", "conv") < params("resnet34", "conv") < HEAD,
    "07": lambda: [len(layers(n, "linear")) for n in ("vgg19", "resnet34")] == [3, 1],
    # Averaging alone: 4096 filters of 7 x 7 positions become as many of one.
    "08": lambda: params("paper/vgg-e") / 2 < 48 * 512 * 4096,
    "09": lambda: macs("paper/resnet-152") < min(macs("vgg16"), macs("vgg19")),
    "10": lambda: all(abs(params(f"resnet{n}") - 25.5e6) < 1e5 for n in (34, 50, 101, 152)),
    "12": lambda: 98 * 98 * (9 + 8) == 163_268,
    "13": lambda: round(198**2 / 98**2) == 4,
    "14": lambda: layers("resnet34", "max_pool")[0].out_height == 224 // 4,
    "16": lambda: [row.out_height for row in layers("vgg19", "conv")[:2]] == [224, 224],
    "17": lambda: round(27 * 64 * 224 * 224 / 1e7) == 17,
    "18": lambda: round(SECOND / 1e8) == 37,
    "19": lambda: SECOND / macs("resnet34") > 0.9,
    "20": lambda: round(49 * 3 * 64 * 112 * 112 / 1e7) == 24,
    "21": lambda: round(sum(row.macs for row in layers("vgg19", "conv")[:4]) / 1e9) == 10,
    "22": lambda: 64 + 2 * (3 * 64 + 4 * 128 + 6 * 256 + 3 * 512)
    < 2 * 64 + 2 * 128 + 4 * 256 + 8 * 512,
    "23": lambda: 256 * 64 + 9 * 64 * 64 + 64 * 256 < 2 * 9 * 256 * 256
    and macs("paper/vgg-c") < macs("paper/vgg-b"),
    "24": lambda: {max(r.output_shape[1] for r in layers(f"resnet{n}", "conv")) for n in (34, 50)}
    == {512},
    "25": lambda: HEAD < 3e6,
    "26": lambda: round(HEAD / params("vgg16"), 1) == 0.9,
    "29": lambda: HEAD / macs("vgg16") < 0.01,
    "30": lambda: {2 * 4096 * 4096 // 4096**2, 4096 * 4096 // 4096**2} == {1},
    "31": lambda: abs(HEAD - 120e6) < 5e6 and abs(params("vgg16") - 140e6) < 5e6,
    "32": lambda: 512 * 7 * 7 == 25088 and round(25088 * 4096 / 1e7) == 10,
    "33": lambda: all(0.65 <= 25088 * 4096 / params(f"vgg{n}") < 0.8 for n in (11, 13, 16, 19)),
    "34": lambda: {params(f"resnet{n}", "linear") for n in (34, 50)} == {513_000},
    "35": lambda: layers("resnet34", "conv")[0].out_height == 112,
    "36": lambda: layers("vgg16", "conv")[2].out_height == 224,
    "37": lambda: 9 * (3 + 64) * 64 * 224 * 224 / macs("vgg16") > 0.5,
    "40": lambda: (224 + 2 * 1 - 2) // 2 + 1 == 112,
    "41": lambda: {row.kernel for c in "abcde" for row in layers(f"paper/vgg-{c}", "conv")}
    == {(3, 3)},
    "43": lambda: [
        len(layers(f"paper/vgg-{c}", "conv") + layers(f"paper/vgg-{c}", "linear"))
        for c in ("a", "a-lrn", "b", "c", "d", "e")
    ] == [11, 11, 13, 16, 16, 19],
    "51": lambda: (56 + 2 - 3) // 1 + 1 < 56,
    "53": lambda: 0 == params("paper/resnet-34", shortcut="A") - params("paper/plain-34")
    < params("paper/resnet-34", shortcut="B") - params("paper/plain-34")
    < params("paper/resnet-34", shortcut="C") - params("paper/plain-34"),
    "57": lambda: macs("paper/resnet-50") < macs("paper/resnet-34"),
    "58": lambda: macs("paper/resnet-152") < macs("paper/vgg-d"),
    "59": lambda: sum(row.out_height == 14 for row in layers("paper/resnet-152", "add")) == 3,
    "60": lambda: sum(row.out_height == 7 for row in layers("paper/resnet-152", "add")) == 1,
    "61": lambda: round(2 * macs("paper/resnet-152") / 1e9, 1) == 11.3,
    "62": lambda: params("paper/resnet-34", shortcut="A") == params("paper/plain-34"),
    "65": lambda: all(round(m.top5_percent - m.top1_percent) >= 20 for m, _ in keras()),
    "68": lambda: round(params("paper/vgg-d") / 1e6) == 138,
    "71": lambda: not any(row.kernel == (1, 1) for row in layers("resnet34", "conv")),
    "74": lambda: all(
        round(4 * m.count_params / 2**20) == float(row["size_mb"]) for m, row in keras()
    ),
    "75": lambda: round(params("vgg16") / params("resnet50")) == 7,
    "83": lambda: 6.5 <= 19.6e9 / macs("resnet34") < 9,
    "77": lambda: params("resnet50", "batch_norm") == 0,
    "79": lambda: sum(row.output_shape[1] * row.out_height * row.out_width
                      for row in layers("resnet50", "relu")) < 0.01 * macs("resnet50"),
    "82": lambda: any(
        small.count_params < large.count_params and float(a[time]) > float(b[time])
        for small, a in keras() for large, b in keras() for time in ("gpu_ms_per_step",)
    ),
}  # fmt: skip


@pytest.mark.parametrize("number", PRINTED)
def test_a_verdict_on_numbers_is_that_of_the_rules(number):
    claims = {claim.id: claim for claim in EVERY}
    assert claims[number].verdict == verdict(number, NUMBERS)


def test_what_a_claim_prints_stands_in_it():
    words = {"7 to 8": "seven to eight", "4": "four", "7": "seventh", "1": "one|This|1 block"}
    unsaid = {"74": "the table's own column", "19": "about as many"}
    for claim in EVERY:
        for said in PRINTED[claim.id](NUMBERS) if claim.id in PRINTED else ():
            pattern = words.get(said.printed, re.escape(said.printed))
            assert claim.id in unsaid or re.search(pattern, claim.claim), (claim.id, said.printed)
            if said.about:
                assert re.search("[Aa]bout|almost", claim.claim), claim.id


@pytest.mark.parametrize(
    ("printed", "true", "about", "right"),
    [
        ("25.5", 25.557, False, True),  # cut
        ("25.6", 25.557, False, True),  # rounded
        ("25.4", 25.557, False, False),
        ("138", 138.36, False, True),
        ("139", 138.36, False, False),
        ("70", 74.3, False, True),  # one digit, and a zero to fill
        ("70", 63.0, False, False),
        ("70", 79.9, False, False),  # cut to one digit, but off by more than a tenth
        ("100", 102.76, False, True),
        ("100", 149.0, False, False),
        ("7 to 8", 6.59, False, True),
        ("7 to 8", 5.36, False, False),
        ("12", 11.2, False, False),
        ("12", 11.2, True, True),
        ("12", 10.8, True, False),
        ("10", 9.36, False, True),
        ("163,268", 163_268, False, True),
        ("0", 0.0, False, True),
    ],
)
def test_a_number_is_right_if_rounded_or_cut_to_its_digits(printed, true, about, right):
    assert agrees(printed, true, about) == right


def test_readings_decide_between_convention_and_imprecise():
    assert judge(Said("18", {"multiply-adds": 9, "two for each": 18})) == "convention"
    assert judge(Said("18", {"ResNet-18": 18, "ResNet-34": 34})) == "imprecise"
    assert judge(Said("18", {"": 18})) == "true"
    assert judge(Said("18", {"": 19})) == "imprecise"  # near, and no "about"
    assert judge(Said("18", {"": 34})) == "false"
    with pytest.raises(ValueError, match="'18' has nothing to be compared with"):
        judge(Said("18", {}))


def test_parts_make_a_whole():
    assert of_parts(["true", "true"]) == "true"
    assert of_parts(["false", "false"]) == "false"
    assert of_parts(["true", "false"]) == "imprecise"
    assert of_parts(["true", "convention"]) == "convention"
    assert of_parts(["convention", "false"]) == "imprecise"


def test_the_verdict_is_true_where_the_claim_holds_and_only_there():
    holds = {number: statement() for number, statement in STATEMENTS.items()}
    assert holds == {number: CLAIMS[number].verdict == "true" for number in STATEMENTS}


@pytest.mark.parametrize(
    ("number", "one_by_one", "flops"),
    [
        # The post's numbers: 170 M; 3.7 G; 240 M; 10 G.
        ("17", 64 * 224**2 * (27 + 26), 170e6),
        ("18", 64 * 224**2 * (576 + 575), 3.7e9),
        ("20", 64 * 112**2 * (147 + 146), 240e6),
        ("21", 2 * 9 * (3 * 64 * 224**2 + 64 * 64 * 224**2 + (64 + 128) * 128 * 112**2), 10e9),
    ],
)
def test_a_matter_of_convention_is_right_in_the_convention_that_is_named(number, one_by_one, flops):
    assert CLAIMS[number].verdict == "convention"
    assert one_by_one == pytest.approx(flops, rel=0.06)


@pytest.mark.parametrize("number", ["47", "48", "54", "55"])
def test_the_paper_comes_before_the_report(number):
    # He et al. 2015, section 4.1: vanishing gradients unlikely, B in the bottleneck, C in table 3.
    claim = CLAIMS[number]
    assert claim.verdict != "true"
    assert any(citation.startswith("he2016deep, section") for citation in claim.citations)


def test_keras_depth_counts_layers_with_weights():
    # Without separable convolutions (one layer there, two here) and the Normalization layer.
    checked = 0
    for model, row in keras():
        if re.match(r"timm/|keras/nasnet|efficientnet", model.name):
            continue
        rows = cost(model.name, model.image).layers
        holding = [row for row in rows if row.kind in {"conv", "linear", "batch_norm"}]
        held = [row for row in holding if row.params + row.buffers]
        assert len(held) == int(row["depth"]), model.model
        checked += 1
    assert checked == 13
    assert CLAIMS["73"].verdict == "true"


def test_a_change_of_what_a_chapter_reads_executes_it_anew():
    config = yaml.safe_load((BOOK.parent / "_config.yml").read_text())["sphinx"]["config"]
    inputs = {(BOOK / path).resolve() for path in config["deeper_execution_inputs"]}
    for chapter in BOOK.rglob("*.md"):
        cells = re.findall(r"^```\{code-cell\}.*?^```", chapter.read_text(), re.M | re.S)
        for path in re.findall(r'"(\.\./[\w./-]+)"', "".join(cells)):
            read = (chapter.parent / path).resolve()
            assert inputs & {read, *read.parents}, f"{chapter.name} reads {path}"


def test_the_docket_goes_with_the_data_to_where_the_book_is_not(site, tmp_path):
    # Colab: the first cell of the chapter's notebook unpacks this and works in a folder beside it.
    with zipfile.ZipFile(site / "packages" / "book-data.zip") as archive:
        archive.extractall(tmp_path)
    for path in (*DOCKET.glob("*.py"), *DOCKET.glob("*.csv"), DATA / "published.csv"):
        assert (tmp_path / path.relative_to(BOOK)).read_bytes() == path.read_bytes()


def test_the_page_shows_every_claim_with_its_verdict(site):
    text = (site / "networks" / "claims.html").read_text(encoding="utf-8")
    for claim in EVERY:
        row = text.partition(f'id="claim-{claim.id}"')[2].partition("</tr>")[0]
        assert f'class="docket-verdict">{claim.verdict}</td>' in row
        for value in claim.values:
            assert value.replace("'", "&#x27;") in row or value in row
    tally = docket.tally(CLAIMS.values())
    assert sum(tally.values()) == 84
    assert f"Of {len(CLAIMS)} claims, {tally['true']} are right as they stand" in text
