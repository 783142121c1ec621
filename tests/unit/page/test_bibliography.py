"""Works out of BibTeX: what a sentence calls them, and where they are."""

import pytest

from convcost.page.bibliography import Work, read_works

ENTRY = (
    "@misc{key,\n  author = {AUTHOR},\n  title = {On {CUDA}: a test},\n  year = {2016},\n"
    "  url = {https://example.org/a_b%20c}\n}\n"
)


def read(tmp_path, text):
    path = tmp_path / "works.bib"
    path.write_text(text, encoding="utf-8")
    return read_works(path)


@pytest.mark.parametrize(
    ("author", "label"),
    [
        ("Veit, Andreas", "Veit, 2016"),
        ("Glorot, Xavier and Bengio, Yoshua", "Glorot & Bengio, 2016"),
        ("He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing", "He et al., 2016"),
        ("Kaiming He and Xiangyu Zhang", "He & Zhang, 2016"),
        ("van der Maaten, Laurens and Doll\u00e1r, Piotr", "van der Maaten & Doll\u00e1r, 2016"),
        # In braces, and so no person: its year says when somebody looked.
        ("{Papers and Code}", "Papers and Code"),
    ],
)
def test_a_work_is_called_by_its_authors_and_year(tmp_path, author, label):
    (work,) = read(tmp_path, ENTRY.replace("AUTHOR", author)).values()
    assert work.label == label


def test_a_work_has_what_a_card_shows(tmp_path):
    entry = ENTRY.replace("AUTHOR", "van der Maaten, Laurens and Le, Quoc V.")
    entry = entry.replace("  year", "  journal = {The {IEEE} Journal},\n  year")
    assert read(tmp_path, entry)["key"] == Work(
        "van der Maaten & Le, 2016",
        "https://example.org/a_b%20c",
        "On CUDA: a test",
        ("Laurens van der Maaten", "Quoc V. Le"),
        "The IEEE Journal, 2016",
    )


def test_no_two_works_are_called_the_same(tmp_path):
    he, project = (ENTRY.replace("AUTHOR", name) for name in ("He, Kaiming", "{PyTorch}"))
    text = (
        he + he.replace("key", "second") + ENTRY.replace("AUTHOR", "Sun, Jian").replace("key", "c")
    )
    text += project.replace("key", "d") + project.replace("key", "e").replace("On {CUDA}", "Adam")
    assert [work.label for work in read(tmp_path, text).values()] == [
        *("He, 2016a", "He, 2016b", "Sun, 2016", "PyTorch, On CUDA", "PyTorch, Adam"),
    ]
    with pytest.raises(ValueError, match="two works are called 'PyTorch, On CUDA': give them"):
        read(tmp_path, project + project.replace("key", "other"))


def test_works_keep_the_files_order(tmp_path):
    text = ENTRY.replace("AUTHOR", "Veit, Andreas")
    assert list(read(tmp_path, text.replace("key", "b") + text.replace("key", "a"))) == ["b", "a"]


def test_a_project_needs_no_year(tmp_path):
    text = "@misc{key, author = {{CS231n}}, title = {Notes}, url = {https://example.org}}"
    assert read(tmp_path, text)["key"].label == "CS231n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@misc{key, author = {Veit, Andreas}}", "'key' has no title and no year and no url: add"),
        (
            "@misc{key, title = {On}, year = {2016}, url = {https://example.org}}",
            "'key' has no author",
        ),
    ],
)
def test_what_a_work_lacks_is_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text)
