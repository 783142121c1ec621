"""Give up what rights a process in a jail has, before it sees anything of a student's."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Mapping
from pathlib import Path

__all__ = ["give_up", "limit"]


def give_up(user: int | None, limits: Mapping[str, int]) -> None:
    """Become a user without rights, and set limits, for good.

    Parameters
    ----------
    user
        A user id, None to stay who one is.
    limits
        The most of each resource, by the name that the module `resource` gives it.
    """
    # When memory runs out, Linux is to end this process and none of the instructor's.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)  # as root, for good
    for name, wanted in limits.items():
        limit(getattr(resource, name), wanted)


def limit(kind: int, wanted: int) -> None:
    """Set a limit for good, or leave it where it is lower already."""
    hard = resource.getrlimit(kind)[1]
    wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(kind, (wanted, wanted))
