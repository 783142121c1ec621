"""The handwritten digits that scikit-learn ships, as a table that needs no scikit-learn to be read.

``python -m experiments.digits`` writes book/data/digits.csv: 1,797 images of 8 x 8 gray values from
0 to 16, in scikit-learn's order, which is that of the test set of "Optical Recognition of
Handwritten Digits" by E. Alpaydin & C. Kaynak in the UCI Machine Learning Repository. A row is
a label and 64 digits of base 17, one a pixel, row by row.
"""

from collections.abc import Iterator

from experiments.tables import DATA, write_table

PATH = DATA / "digits.csv"
BASE_17 = "0123456789abcdefg"


def rows() -> Iterator[dict[str, object]]:
    """Yield the images."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    for image, label in zip(digits.data.astype(int), digits.target, strict=True):
        yield {"label": int(label), "pixels": "".join(BASE_17[value] for value in image)}


if __name__ == "__main__":
    write_table(PATH, ("label", "pixels"), rows())
