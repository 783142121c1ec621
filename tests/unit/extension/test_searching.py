"""What the search page gets of a page: its sections, each with its own words and no others."""

from book._ext.deeper.searching import KINDS, kind, sections

PAGE = """
<head><meta name="description" content="About nets."></head>
<nav><section id="aside"><h2>Not of the page</h2></section></nav>
<article class="bd-article"><section id="nets"><h1>Nets<a class="headerlink" href="#nets">#</a></h1>
<p>They have <b>138</b> M<br>weights.</p><img src="x.png" alt="">
<form class="live-controls"><label>Depth</label><input></form>
<details class="hide"><summary>Show code</summary><pre>plumbing</pre></details>
<section id="layers"><h2>Layers</h2><p>A layer.</p><h4>Not its title</h4>
<script>let x = 1;</script></section>
<p>Their end.</p>
<dl class="glossary"><dt id="term-map">map</dt><dd><p>What a layer puts out.</p></dd>
<dt id="term-mac">MAC</dt><dd>One product.</dd></dl>
<p>After the terms.</p>
</section></article><footer>Foot</footer>
"""


def test_a_page_is_taken_apart_into_sections() -> None:
    about, found = sections(PAGE)

    assert about == "About nets."
    assert found == [
        ["nets", "Nets", "They have 138 M weights. Their end. After the terms."],
        ["layers", "Layers", "A layer. Not its title"],
        ["term-map", "map", "What a layer puts out."],
        ["term-mac", "MAC", "One product."],
    ]


def test_chapters_count_more_than_all_else() -> None:
    weights = {name: kind(name)[1] for name in ("networks/vgg", "index", "counting/memory")}

    assert set(weights.values()) == {1}
    for begin, (_, weight) in KINDS.items():
        assert not begin or weight < 1
