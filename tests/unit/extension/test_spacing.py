"""Numbers and their units, sizes and their signs: what a line may not break."""

import pytest

from book._ext.deeper.spacing import HELD, hold_together


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("<p>15.5 G multiply-adds</p>", "<p>15.5~G multiply-adds</p>"),
        ("<p>Of 224 × 224 pixels, 7 × 7.</p>", "<p>Of 224~×~224 pixels, 7~×~7.</p>"),
        ("<p>3 × 224 × 224</p>", "<p>3~×~224~×~224</p>"),
        (
            "<p>a <span>138.4 M</span> and <em>4</em> MiB</p>",
            "<p>a <span>138.4~M</span> and <em>4</em>~MiB</p>",
        ),
        ("<td>95 %</td><td> s</td>", "<td>95~%</td><td> s</td>"),
        ("<p>10⁹ bytes</p>", "<p>10⁹~bytes</p>"),
        # A line may have to end in a long product, in words, and in code as it was written.
        ("<p>3 × 3 × 64 × 128 = 73,728</p>", "<p>3 × 3 × 64 × 128 = 73,728</p>"),
        (
            "<p>In 2015 Kaiming He, in stage 3 some.</p>",
            "<p>In 2015 Kaiming He, in stage 3 some.</p>",
        ),
        (
            "<pre>4 G</pre><p><code>7 × 7</code> 4 G</p>",
            "<pre>4 G</pre><p><code>7 × 7</code> 4~G</p>",
        ),
        ('<script>{"a": "4 G"}</script>', '<script>{"a": "4 G"}</script>'),
        (
            '<datalist><option value="4 G"></datalist> 4 G',
            '<datalist><option value="4 G"></datalist> 4~G',
        ),
        ('<p title="4 G">4 G</p>', '<p title="4 G">4~G</p>'),
    ],
)
def test_what_no_line_breaks(written: str, held: str) -> None:
    assert hold_together(written) == held.replace("~", HELD)
