# %% [markdown]
# # Group the rows
#
# `ran` has a row for each operation that ResNet-34 executes, counted by closed forms, so that no torch is needed.
# A row knows, among other things, its `kind`, its `params`, its `macs` and the `out_height` of the map that it puts out.
# How many MACs does the network spend on maps of each height?
# Make a dictionary, from height to MACs.

# %% before
from convcost import ledger
from convcost.arithmetic.networks import spec_of

ran = ledger(spec_of("paper/resnet-34")).layers

# %% stub
work = ...  # such as {112: 118013952, ...}

# %% tests
in_all = sum(row.macs for row in ran)
assert work is not ..., "Put your dictionary in place of the dots."
assert isinstance(work, dict), (
    "A dictionary was asked for: {height: MACs, ...}."
)
assert set(work) >= {row.out_height for row in ran if row.macs}, (
    "A height is missing. Ask the rows which there are."
)
assert sum(work.values()) != len(ran), (
    "You counted the rows. Each of them has its own MACs."
)
assert sum(work.values()) != sum(row.params for row in ran), (
    "Those are parameters. They stand in the row beside the MACs."
)
assert sum(work.values()) >= in_all, (
    "Some work is lost: where a height comes again, add to what is "
    "there."
)
assert sum(work.values()) == in_all, (
    "There is more work than the rows do."
)
assert work == {
    height: sum(row.macs for row in ran if row.out_height == height)
    for height in work
}, (
    "The sum is right, but its parts are not: group by the map that a "
    "row puts out."
)

# %% hint [markdown]
# Begin with an empty dictionary, and go through the rows.

# %% hint [markdown]
# Each row adds its MACs to those that are already there for its height, or to 0.

# %% hint [markdown]
# `work.get(row.out_height, 0)` gives what is there for a height, or 0.

# %% solution
work = {}
for row in ran:
    work[row.out_height] = work.get(row.out_height, 0) + row.macs

# %% wrong: overwritten says="add to what is there"
work = {row.out_height: row.macs for row in ran}

# %% wrong: rows counted says="You counted the rows"
work = {}
for row in ran:
    work[row.out_height] = work.get(row.out_height, 0) + 1

# %% wrong: parameters says="Those are parameters"
work = {}
for row in ran:
    work[row.out_height] = work.get(row.out_height, 0) + row.params

# %% wrong: one height says="A height is missing"
work = {56: sum(row.macs for row in ran if row.out_height == 56)}

# %% wrong: the map that comes in says="its parts are not"
work = dict.fromkeys((row.out_height for row in ran), 0)
for row in ran:
    height = row.input_shape[2] if len(row.input_shape) == 4 else 1
    work[height] = work.get(height, 0) + row.macs
