"""The docket's reading and its page, on a small docket of its own."""

from pathlib import Path

import pytest

from convcost.page.claims import evidence, page
from convcost.page.claims.docket import Claim, Document, read_claims, read_documents, tally

HEAD = "id,document,claim,verdict,topic,evidence,citation,check,value\n"
CITED = '"he2016, page 1; lin2014, page 2"'
ROW = f'01,post A,"One, or two.",true,layers,It has {{0}}.,{CITED},str(1 + 1),2\n'
BIB = """@inproceedings{he2016,
  author = {He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing},
  year   = {2016},
  url    = {https://example.org/he}
}

@misc{lin2014,
  author = {{A Group}},
  year   = {2014},
  url    = {https://example.org/lin}
}
"""


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


def test_lists_in_a_cell_are_split(docket):
    (claim,) = docket(ROW)
    assert claim.citations == ("he2016, page 1", "lin2014, page 2")
    assert (claim.checks, claim.values) == (("str(1 + 1)",), ("2",))


def test_an_unknown_verdict_is_refused(docket):
    with pytest.raises(ValueError, match="claim 01 has the verdict 'maybe'"):
        docket(ROW.replace("true", "maybe"))


def test_a_check_without_a_value_is_refused(docket):
    with pytest.raises(ValueError, match="1 checks and 2 values"):
        docket(ROW.replace(",2\n", ",2; 3\n"))


def test_a_tally_has_every_verdict_in_order(docket):
    claims = docket(ROW + ROW.replace("true", "false"))
    assert tally(claims) == {"true": 1, "imprecise": 0, "convention": 0, "false": 1}


def test_evidence_that_is_no_text_is_refused():
    claim = Claim("01", "post A", "It.", "true", "layers", "{0}.", (), ("1 + 1",), ("2",))
    with pytest.raises(ValueError, match=r"claim 01: 1 \+ 1 gave 2, not one text"):
        evidence.findings(claim, {})


def test_tools_count_as_measure_does():
    tools = evidence.tools(Path(__file__).parents[2] / "book" / "data")
    # He et al. 2015, table 1: a stem of 7 x 7 x 3 x 64 weights.
    assert tools["rows"]("resnet34", "kind == 'conv'").params.iloc[0] == 9408
    assert tools["total"]("resnet34", "params", "kind == 'linear'") == 513_000
    assert tools["total"]("resnet34", "macs", "kind == 'linear'", image=64) == 512_000
    assert tools["keras"].loc["VGG16", "gpu_ms_per_step"] == 4.2


def test_the_page_holds_it_all_without_scripts(docket, bibliography):
    claims = docket(ROW + ROW.replace("01,", "02,").replace("layers", "time"))
    html = page.docket(claims, {}, bibliography).html
    assert '<form class="docket-filter" method="dialog" aria-label="Choose claims" hidden>' in html
    assert html.count("<tr") == 4  # two topics, a head and a row each
    assert "It has 2." in html
    assert '<a href="https://example.org/he">He et al. 2016</a>, page 1' in html
    assert '<a href="https://example.org/lin">A Group</a>, page 2' in html
    assert "str(1 + 1)\n# 2" in html
    assert '<option value="true">true (2)</option>' in html
    assert "docket-filter" not in page.docket(claims, {}, bibliography, filters=False).html


def test_documents_carry_address_and_licence(docket, tmp_path):
    path = tmp_path / "documents.csv"
    path.write_text(
        "document,kind,address,licence\npost A,A post,https://example.org/a,CC BY-SA\n"
        "post B,Another,,\n",
        encoding="utf-8",
    )
    listed = read_documents(path)
    assert listed[0] == Document("post A", "A post", "https://example.org/a", "CC BY-SA")
    html = page.documents(listed, docket(ROW)).html
    assert '<a href="https://example.org/a">A post</a>, CC BY-SA. 1 claim.' in html
    assert "post B" not in html  # no claim of it is shown
