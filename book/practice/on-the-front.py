# %% [markdown]
# # Which networks are on the front?
#
# Write a function that gets networks by name, each with its cost and its accuracy, and returns the set of names on the front.
# A network is on the front if no other costs less and is more accurate, or is better in one of the two and equal in the other.

# %% stub
def front(networks):
    """Return the names on the front; networks has pairs of cost and
    accuracy by name."""
    ...


# %% tests
known = {
    "a": (1, 60),
    "b": (4, 70),
    "c": (5, 69),
    "d": (9, 80),
    "e": (10, 80),
    "f": (2, 60),
}
given = front(known)
assert given is not None, (
    "Your function returns nothing yet: end it with return."
)
assert set(given) != set(known) - {"a", "b", "d"}, (
    "Those are the ones behind the front."
)
assert set(given) != {"d"}, (
    "That is the most accurate one. A cheaper network may be on the "
    "front with less accuracy."
)
assert set(given) != {"a"}, (
    "That is the cheapest one. A more expensive network is on the front "
    "if it is more accurate than all that cost less."
)
assert set(given) != {"a", "b", "d", "e", "f"}, (
    "Equal in one and worse in the other is worse: another network has "
    "the same accuracy for less."
)
assert set(given), (
    "No network is left. A network must not be compared with itself."
)
assert set(given) == {"a", "b", "d"}, (
    "Not yet. Ask of each network: which others cost at most as much "
    "and are at least as accurate?"
)
assert front({"x": (1, 60), "y": (1, 70)}) == {"y"}, (
    "At the same cost the more accurate one is on the front, and the "
    "other is not. (And return a set.)"
)

# %% hint [markdown]
# For one network, ask whether any other is at least as good in both and not equal in both.

# %% hint [markdown]
# `any(... for c, a in networks.values())` says whether another network beats it, once the right question replaces the dots.
# Remember that a network is as good as itself.


# %% solution
def front(networks):
    def beaten(cost, accuracy):
        return any(
            c <= cost and a >= accuracy and (c, a) != (cost, accuracy)
            for c, a in networks.values()
        )

    return {
        name for name, pair in networks.items() if not beaten(*pair)
    }


# %% wrong: those behind it says="the ones behind the front"
def front(networks):
    return {
        name
        for name, (cost, accuracy) in networks.items()
        if any(
            c <= cost and a >= accuracy and (c, a) != (cost, accuracy)
            for c, a in networks.values()
        )
    }


# %% wrong: the most accurate says="the most accurate one"
def front(networks):
    return {
        min(networks, key=lambda n: (-networks[n][1], networks[n][0]))
    }


# %% wrong: the cheapest says="the cheapest one"
def front(networks):
    return {min(networks, key=lambda name: networks[name][0])}


# %% wrong: beaten in both only says="Equal in one and worse"
def front(networks):
    return {
        name
        for name, (cost, accuracy) in networks.items()
        if not any(
            c < cost and a > accuracy for c, a in networks.values()
        )
    }


# %% wrong: compared with itself says="No network is left"
def front(networks):
    return {
        name
        for name, (cost, accuracy) in networks.items()
        if not any(
            c <= cost and a >= accuracy for c, a in networks.values()
        )
    }
