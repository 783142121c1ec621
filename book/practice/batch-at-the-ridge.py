# %% [markdown]
# # When a linear layer stops waiting
#
# A machine's ridge lies at {ridge} FLOPs per byte.
# A linear layer without biases has {width} inputs and {width} outputs; its weights travel once for a batch, its vectors once for each image, all in 4 bytes.
# How many images must a batch have at least for the layer to wait for its arithmetic rather than its memory?


# %% draw
def draw(random):
    return {
        "ridge": random.choice([10, 16, 24, 40, 60]),
        "width": random.choice([1024, 2048, 4096]),
    }


# %% stub
# ridge and width hold the numbers above.
images = ...


# %% tests
def first_above(intensity):
    return next(n for n in range(1, 10**4) if intensity(n) >= ridge)


def moved(batch, weights=1):
    return 4 * (weights * width**2 + batch * 2 * width)


fewest = first_above(lambda n: 2 * n * width**2 / moved(n))
assert images is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert images == int(images), (
    "There are no fractions of an image. What is the first whole "
    "number that is enough?"
)
assert images != first_above(lambda n: n * width**2 / moved(n)), (
    "The ridge is given in FLOPs. Your count has multiply-adds."
)
assert images != first_above(lambda n: 8 * n * width**2 / moved(n)), (
    "Each number that travels has 4 bytes."
)
assert images != first_above(lambda n: 2 * n * width**2 / moved(0)), (
    "The vectors travel, too, both those that come in and those that "
    "go out."
)
assert images > fewest - 1, (
    "With that many it still waits for its memory, up to the ridge."
)
assert images == fewest, (
    "That is enough, but it was enough with fewer images."
)

# %% hint [markdown]
# For a batch of $n$: how many FLOPs does the layer do, and how many bytes does it move?

# %% hint [markdown]
# It does `2 * n * width**2` FLOPs, and moves `4 * (width**2 + n * 2 * width)` bytes.

# %% hint [markdown]
# Let a loop find the first batch whose quotient reaches the ridge: `next(n for n in range(1, 1000) if ...)`.


# %% solution
def flops_per_byte(n):
    return 2 * n * width**2 / (4 * (width**2 + 2 * n * width))


images = next(n for n in range(1, 10000) if flops_per_byte(n) >= ridge)

# %% wrong: MACs for FLOPs says="Your count has multiply-adds"
images = next(
    n
    for n in range(1, 10000)
    if n * width**2 / (4 * (width**2 + 2 * n * width)) >= ridge
)

# %% wrong: numbers for bytes says="has 4 bytes"
images = next(
    n
    for n in range(1, 10000)
    if 2 * n * width**2 / (width**2 + 2 * n * width) >= ridge
)

# %% wrong: weights alone says="The vectors travel, too"
images = 2 * ridge

# %% wrong: one image says="still waits for its memory"
images = 1

# %% wrong: a round number says="with fewer images"
images = 1000
