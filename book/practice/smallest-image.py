# %% [markdown]
# # The smallest image
#
# You want a map of {rows} rows.
# Your window is {kernel} × {kernel} with a dilation of {dilation}, it moves by a stride of {stride}, and the image gets a padding of {padding}.
# How many rows must the image have, at least?


# %% draw
def draw(random):
    return {
        "rows": random.randrange(20, 90),
        "kernel": random.choice([3, 5]),
        "dilation": random.choice([2, 4]),
        "stride": random.choice([3, 5]),
        "padding": random.choice([1, 2]),
    }


# %% stub
# The numbers are here by their names: rows, kernel, dilation, ...
image_rows = ...


# %% tests
def windows(size):
    span = dilation * (kernel - 1) + 1
    return len(range(0, size + 2 * padding - span + 1, stride))


least = next(n for n in range(1, 9999) if windows(n) == rows)
assert image_rows is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert image_rows != least + stride, (
    "One step too many: the first window stands where it begins, so it "
    "takes fewer steps than there are windows."
)
assert image_rows != least - (dilation - 1) * (kernel - 1), (
    "You let the window span as many rows as it reads. With a dilation "
    "it reaches further."
)
assert image_rows != least + padding, (
    "The padding is there twice, above the image and below it."
)
assert image_rows != least + 2 * padding, (
    "That is the padded image. Part of it are rows of zeros, which "
    "your image need not bring."
)
assert image_rows != least + 4 * padding, (
    "The wrong way around: with a padding the image can do with fewer "
    "rows."
)
assert image_rows == least, (
    "Not yet. Try the formula for the map on your number, and see how "
    "far from the rows you wanted you come out."
)

# %% hint [markdown]
# Walk it: the first window stands at the top.
# How many steps follow until there are as many windows as rows?

# %% hint [markdown]
# The last window begins that many strides further down.
# How far does it reach, if it spans $d\,(k-1)+1$ rows?

# %% hint [markdown]
# Where the last window ends, the padded image may end too.
# It is your image with its padding, on both sides.

# %% solution
span = dilation * (kernel - 1) + 1
image_rows = (rows - 1) * stride + span - 2 * padding

# %% wrong: a step for each window says="One step too many"
span = dilation * (kernel - 1) + 1
image_rows = rows * stride + span - 2 * padding

# %% wrong: the kernel for its span says="as many rows as it reads"
image_rows = (rows - 1) * stride + kernel - 2 * padding

# %% wrong: padding on one side says="there twice"
span = dilation * (kernel - 1) + 1
image_rows = (rows - 1) * stride + span - padding

# %% wrong: the padded image says="the padded image"
image_rows = (rows - 1) * stride + dilation * (kernel - 1) + 1

# %% wrong: padding added says="The wrong way around"
span = dilation * (kernel - 1) + 1
image_rows = (rows - 1) * stride + span + 2 * padding
