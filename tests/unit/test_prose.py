"""Numbers for the prose: the output has MyST-NB's own form."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from myst_nb import glue as their_glue
from myst_nb.core.variables import format_plain_text

from convcost.prose import glue


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
def test_the_output_is_what_myst_nb_reads():
    ours = outputs(lambda: glue(vgg="143.7 M"))
    assert ours == outputs(lambda: their_glue("vgg", "143.7 M", display=False))


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("text", ["143.7 M", "86,436", "0.8%", "it's 17"])
def test_the_sentence_gets_the_text_to_the_letter(text):
    ((data, _),) = outputs(lambda: glue(number=text))
    assert format_plain_text(data["application/papermill.record/text/plain"], "") == text


def test_a_number_that_was_not_rounded_is_an_error():
    with pytest.raises(TypeError, match=r"glue\(vgg=143\): expected text, got int"):
        glue(vgg=143)
