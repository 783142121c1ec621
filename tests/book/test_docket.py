"""The docket's reading, its evidence and its page, on a small docket of its own."""

from pathlib import Path

import pytest

from claims import evidence, page
from claims.docket import Claim, Document, read_claims, read_documents, tally
from claims.findings import Finding, code_with_values, find
from claims.sources import Book

DATA = Path(__file__).parents[2] / "book" / "data"
HEAD = "id,document,claim,says,verdict,topic,evidence,citation,value\n"
CITED = '"he2016, page 1; lin2014, page 2"'
ROW = f'01,post A,"One, or two.",number,true,layers,It has {{0}}.,{CITED},2\n'
BIB = """@inproceedings{he2016,
  author = {He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing},
  title  = {Deep Residual Learning},
  year   = {2016},
  url    = {https://example.org/he}
}

@misc{lin2014,
  author = {{A Group}},
  title  = {Notes},
  year   = {2014},
  url    = {https://example.org/lin}
}
"""
FOUND = {"01": Finding(("2",), "str(1 + 1)\n# 2"), "02": Finding(("2",), "str(3 - 1)\n# 2")}


def one(_book):
    yield str(1 + 1)


def several(_book):
    # How many there are.
    both = 1 + 1
    yield str(both)
    for _ in range(both):
        both += 1
    yield ", ".join(
        str(number) for number in (both, 2 * both)
    )  # fmt: skip


def looped(_book):
    for number in range(2):
        yield str(number)


def number(_book):
    yield 2


@pytest.fixture
def docket(tmp_path):
    def read(rows):
        path = tmp_path / "claims.csv"
        path.write_text(HEAD + rows, encoding="utf-8")
        return read_claims(path)

    return read


@pytest.fixture
def bibliography(tmp_path):
    path = tmp_path / "works.bib"
    path.write_text(BIB, encoding="utf-8")
    return path


def claim(number, *values):
    return Claim(number, "post A", "It.", "number", "true", "layers", "Because.", (), values)


def test_lists_in_a_cell_are_split(docket):
    (claim,) = docket(ROW)
    assert claim.citations == ("he2016, page 1", "lin2014, page 2")
    assert claim.values == ("2",)
    assert docket(ROW.replace(",2\n", ",3; 4\n"))[0].values == ("3", "4")
    assert docket(ROW.replace(",2\n", ",\n"))[0].values == ()


def test_an_unknown_verdict_is_refused(docket):
    with pytest.raises(ValueError, match="claim 01 has 'maybe' as verdict"):
        docket(ROW.replace("true", "maybe"))
    with pytest.raises(ValueError, match="claim 01 has 'rumor' as says"):
        docket(ROW.replace("number", "rumor"))


def test_a_tally_has_every_verdict_in_order(docket):
    claims = docket(ROW + ROW.replace("true", "false"))
    assert tally(claims) == {"true": 1, "imprecise": 0, "convention": 0, "false": 1}


# -- evidence --------------------------------------------------------------------------------------


def test_the_function_of_a_claim_is_found_by_its_number(monkeypatch):
    monkeypatch.setattr(evidence, "claim_x1", one, raising=False)
    assert find([claim("X1", "2"), claim("X2")], None) == {"X1": Finding(("2",), "str(1 + 1)\n# 2")}


@pytest.mark.parametrize(
    ("function", "values", "message"),
    [
        (number, ("2",), r"claim_x1 yielded 2, no text"),
        (one, (), "claim X1 has 0 values in the table, claim_x1 yields 1"),
        (one, ("2", "3"), "claim X1 has 2 values in the table, claim_x1 yields 1"),
        (looped, ("0", "1"), "looped yielded 2 values by 0 statements"),
        (None, ("2",), "claim X1 has values in the table and no function; write claim_x1 in"),
    ],
)
def test_evidence_that_does_not_fit_its_claim_is_refused(monkeypatch, function, values, message):
    if function:
        monkeypatch.setattr(evidence, "claim_x1", function, raising=False)
    with pytest.raises(ValueError, match=message):
        find([claim("X1", *values)], None)


def test_a_reader_sees_a_functions_lines_with_each_value_below():
    assert code_with_values(several, list(several(None))) == (
        "# How many there are.\n"
        "both = 1 + 1\n"
        "str(both)\n"
        "# 2\n"
        "for _ in range(both):\n"
        "    both += 1\n"
        '", ".join(\n'
        "    str(number) for number in (both, 2 * both)\n"
        ")  # fmt: skip\n"
        "# 4, 8"
    )


def test_the_book_counts_as_measure_does():
    book = Book(DATA)
    # He et al. 2015, table 1: a stem of 7 x 7 x 3 x 64 weights.
    assert book.layers("resnet34", "conv")[0].params == 9408
    assert book.params("resnet34", "linear") == 513_000
    assert book.macs("resnet34", "linear", image=64) == 512_000
    assert book.params("resnet34") == 21_797_672
    assert len(book.layers("resnet34", "conv", "linear")) == 36 + 1
    assert book.cost("resnet34") is book.cost("resnet34")
    assert book.params("paper/vgg-e", head="gap") < book.params("paper/vgg-e")


def test_the_book_quotes_as_printed():
    book = Book(DATA)
    assert book.keras["VGG16"].gpu_ms_per_step == 4.2
    assert (book.keras["VGG16"].depth, book.keras["VGG16"].count_params) == (16, 138_357_544)
    assert book.printed("table 1", "paper/resnet-50") == "3.8"
    with pytest.raises(LookupError, match="has 0 figures of 'paper/resnet-51' in 'table 1'"):
        book.printed("table 1", "paper/resnet-51")


# -- the page --------------------------------------------------------------------------------------


def test_the_page_holds_it_all_without_scripts(docket, bibliography):
    claims = docket(ROW + ROW.replace("01,", "02,").replace("layers", "time"))
    html = page.docket(claims, FOUND, bibliography).html
    assert '<form class="docket-filter" method="dialog" aria-label="Choose claims" hidden>' in html
    assert html.count("<tr") == 4  # two topics, a head and a row each
    assert "It has 2." in html
    assert '<a href="https://example.org/he">He et al., 2016</a>, page 1' in html
    assert '<a href="https://example.org/lin">A Group</a>, page 2' in html
    assert "Code for claim 01</summary><pre>str(1 + 1)\n# 2</pre>" in html
    assert '<option value="true">true (2)</option>' in html
    assert "docket-filter" not in page.docket(claims, FOUND, bibliography, filters=False).html


def test_a_page_without_its_numbers_is_refused(docket, bibliography):
    with pytest.raises(KeyError, match="01"):
        page.docket(docket(ROW), {}, bibliography)


def test_a_claim_that_no_count_settles_has_no_code(docket, bibliography):
    claims = docket(ROW.replace("It has {0}.", "It can't be checked here.").replace(",2\n", ",\n"))
    html = page.docket(claims, {}, bibliography).html
    assert "It can't be checked here." in html
    assert "docket-code" not in html


def test_documents_carry_address_and_license(docket, tmp_path):
    path = tmp_path / "documents.csv"
    path.write_text(
        "document,kind,address,license\npost A,A post,https://example.org/a,CC BY-SA\n"
        "post B,Another,,\n",
        encoding="utf-8",
    )
    listed = read_documents(path)
    assert listed[0] == Document("post A", "A post", "https://example.org/a", "CC BY-SA")
    html = page.documents(listed, docket(ROW)).html
    assert '<a href="https://example.org/a">A post</a>, CC BY-SA. 1 claim.' in html
    assert "post B" not in html  # no claim of it is shown
