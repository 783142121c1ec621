"""Numbers for the prose: the output has MyST-NB's own form."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from myst_nb import glue as their_glue

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
    (ours,) = outputs(lambda: glue(vgg="143.7 M"))
    (theirs,) = outputs(lambda: their_glue("vgg", "143.7 M", display=False))
    assert ours[1] == theirs[1]
    assert ours[0] == {"application/papermill.record/text/plain": "143.7 M"}
    assert ours[0].keys() == theirs[0].keys()


def test_a_number_that_was_not_rounded_is_an_error():
    with pytest.raises(TypeError, match=r"glue\(vgg=143\): expected text, got int"):
        glue(vgg=143)
