# %% [markdown]
# # One row is wrong
#
# A colleague has counted four convolutions, one after another, each padded so that a stride of 1 keeps the map, and a stride of 2 halves it.
# The table has their channels, those that come in and those that go out, and the map that comes in.
#
# | row | kernel | stride | channels | map in | MACs |
# |---|---|---|---|---|---|
# | 1 | 5 × 5 | 2 | 3, {width} | {side} × {side} | {row_1} |
# | 2 | 3 × 3 | 1 | {width}, {width} | {half} × {half} | {row_2} |
# | 3 | 3 × 3 | 2 | {width}, {double} | {half} × {half} | {row_3} |
# | 4 | 3 × 3 | 1 | {double}, {double} | {quarter} × {quarter} | {row_4} |
#
# Three rows are right.
# Which one is not, and what should stand there?


# %% draw
def draw(random):
    width = random.choice([16, 24, 32, 40])
    side = random.choice([64, 96, 128])
    half, quarter = side // 2, side // 4
    rows = {
        "row_1": 25 * 3 * width * half**2,
        "row_2": 9 * width * width * half**2,
        "row_3": 9 * width * 2 * width * quarter**2,
        "row_4": 9 * 4 * width**2 * quarter**2,
    }
    rows[random.choice(["row_1", "row_3"])] *= 4
    return {
        "width": width,
        "double": 2 * width,
        "side": side,
        "half": half,
        "quarter": quarter,
        **rows,
    }


# %% stub
# width, double, side, half, quarter, row_1, ... row_4 are there.
wrong_row = ...  # 1, 2, 3 or 4
right_macs = ...

# %% tests
from convcost.arithmetic import conv_macs

printed = {1: row_1, 2: row_2, 3: row_3, 4: row_4}
counted = {
    1: conv_macs(3, width, 5, half, half),
    2: conv_macs(width, width, 3, half, half),
    3: conv_macs(width, double, 3, quarter, quarter),
    4: conv_macs(double, double, 3, quarter, quarter),
}
assert ... not in (wrong_row, right_macs), (
    "Put a row's number, and MACs, in place of the dots."
)
assert wrong_row in printed, "The rows are called 1, 2, 3 and 4."
assert printed[wrong_row] != counted[wrong_row], (
    "That row is right. Count once more, and mind which map each MAC "
    "belongs to."
)
assert right_macs != printed[wrong_row], (
    "That is what the colleague wrote. What should stand there?"
)
assert right_macs != 2 * counted[wrong_row], (
    "Nearly: half as tall, and half as wide as well."
)
assert right_macs == counted[wrong_row], (
    "The row is found. Its count is not there yet: weights, times "
    "positions of the map that goes out."
)

# %% hint [markdown]
# Count all four rows yourself.
# Which map is in the formula, the one that comes in or the one that goes out?

# %% hint [markdown]
# In two rows the maps differ, those with a stride of 2.
# So one of these two is the one to look at.

# %% hint [markdown]
# Where the stride is 2, taking the map that comes in counts four times too much.

# %% solution
counts = {
    1: (row_1, 5 * 5 * 3 * width * half * half),
    3: (row_3, 3 * 3 * width * double * quarter**2),
}
for row, (printed_macs, macs_by_hand) in counts.items():
    if printed_macs != macs_by_hand:
        wrong_row, right_macs = row, macs_by_hand

# %% wrong: a row that is right says="That row is right"
wrong_row, right_macs = 2, 9 * width * width * side**2

# %% wrong: what is printed says="what the colleague wrote"
wrong_row = 1 if row_1 != 75 * width * half**2 else 3
right_macs = {1: row_1, 3: row_3}[wrong_row]

# %% wrong: halved once says="half as wide as well"
wrong_row = 1 if row_1 != 75 * width * half**2 else 3
right_macs = {1: row_1, 3: row_3}[wrong_row] / 2
