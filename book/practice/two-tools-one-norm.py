# %% [markdown]
# # Two tools, one network
#
# Two tools count the same network, and both take a multiply-add for one operation.
# Besides multiply-adds they count only batch norm: the first {first_price} operations for each value that it puts out, the second {second_price}.
# The first answers {first_answer}, the second {second_answer}.
# How many MACs does the network take?


# %% draw
def draw(random):
    values = random.randrange(20, 110) * 100_352
    multiply_adds = random.randrange(40, 160) * 25_690_112
    first_price, second_price = 2, random.choice([5, 7])
    return {
        "first_price": first_price,
        "second_price": second_price,
        "first_answer": multiply_adds + first_price * values,
        "second_answer": multiply_adds + second_price * values,
    }


# %% stub
# first_price, first_answer, second_price and second_answer are there.
network_macs = ...

# %% tests
gap = second_answer - first_answer
normalized = gap // (second_price - first_price)
assert network_macs is not ..., (
    "Put your number, or a formula for it, in place of the dots."
)
assert network_macs != gap, (
    "That is by how much the tools differ. It tells you about the "
    "batch norms, but not yet about the rest."
)
assert network_macs != normalized, (
    "That is how many values the batch norms put out. You are halfway."
)
assert network_macs != first_answer - normalized, (
    "You took one operation for each value away. The first tool counts "
    "more."
)
assert network_macs != first_answer - gap, (
    "You took the gap for all that the first tool counts of batch "
    "norm. It is only what the second counts more."
)
assert network_macs != (first_answer + second_answer) / 2, (
    "The truth does not lie in the middle: both answers are too large."
)
assert network_macs == first_answer - first_price * normalized, (
    "Not yet. Price the batch norms by either tool, and see what is "
    "left of its answer."
)

# %% hint [markdown]
# The two answers differ in only one thing.
# So how many values do the batch norms put out?

# %% hint [markdown]
# Subtract from the first tool's answer what it counts for them.
# What is left is multiply-adds.

# %% solution
values = (second_answer - first_answer) // (second_price - first_price)
network_macs = first_answer - first_price * values

# %% wrong: the gap says="by how much the tools differ"
network_macs = second_answer - first_answer

# %% wrong: the values says="You are halfway"
network_macs = (second_answer - first_answer) // (
    second_price - first_price
)

# %% wrong: one operation a value says="one operation for each value"
values = (second_answer - first_answer) // (second_price - first_price)
network_macs = first_answer - values

# %% wrong: the gap taken away says="only what the second counts more"
network_macs = first_answer - (second_answer - first_answer)

# %% wrong: the mean says="does not lie in the middle"
network_macs = (first_answer + second_answer) / 2
