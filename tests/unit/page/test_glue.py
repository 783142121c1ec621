"""Numbers for the prose: the output has MyST-NB's own form."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from myst_nb import glue as their_glue
from myst_nb.core.variables import format_plain_text

from convcost.page.glue import glue, glued


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def outputs(publish):
    with capture_output() as captured:
        publish()
    return [(output.data, output.metadata) for output in captured.outputs]


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("number", ["143.7 M", "53,120", "4.00", "Simonyan's"])
def test_the_output_is_what_myst_nb_reads(number):
    (ours,) = outputs(lambda: glue(vgg=number))
    (theirs,) = outputs(lambda: their_glue("vgg", number, display=False))
    assert ours == theirs
    (content,) = ours[0].values()
    assert format_plain_text(content, "") == number


def test_a_number_that_was_not_rounded_is_an_error():
    with pytest.raises(TypeError, match=r"glue\(vgg=143\): expected text, got int"):
        glue(vgg=143)


@pytest.mark.usefixtures("shell")
def test_what_was_kept_is_read_back():
    texts = {"vgg": "143.7 M", "count": "53,120", "author": "Simonyan's"}
    kept = [{"data": d, "metadata": m} for d, m in outputs(lambda: glue(**texts))]
    stream = {"output_type": "stream", "text": "53"}
    cells = [{"cell_type": "markdown"}, {"cell_type": "code", "outputs": [stream, *kept]}]
    assert glued({"cells": cells}) == texts
