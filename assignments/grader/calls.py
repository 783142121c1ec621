"""What the processes of a jail may not ask the kernel for: a filter that bubblewrap sets for good.

A view of files and limits on resources leave holes: shared memory of System V and files without a
name hold memory that nobody counts, in a namespace of one's own a disk of any size can be mounted,
and a keyring is shared with whoever started the grader. Nothing that students are taught needs
these calls, so the kernel refuses them.
"""

from __future__ import annotations

import contextlib
import errno
import platform
import struct
import tempfile
from collections.abc import Iterator

# The kernel's name of each machine, and the numbers of its calls, as in <asm/unistd.h>.
_NUMBERS = {
    "x86_64": (0xC000003E, {
        "shmget": 29, "clone": 56, "semget": 64, "msgget": 68, "add_key": 248, "request_key": 249,
        "keyctl": 250, "unshare": 272, "setns": 308, "memfd_create": 319, "clone3": 435,
        "memfd_secret": 447,
    }),
    "aarch64": (0xC00000B7, {
        "unshare": 97, "msgget": 186, "semget": 190, "shmget": 194, "add_key": 217,
        "request_key": 218, "keyctl": 219, "clone": 220, "setns": 268, "memfd_create": 279,
        "clone3": 435, "memfd_secret": 447,
    }),
}  # fmt: skip
# x86_64 has its calls a second time, for a kind of program that nobody uses, from this number on.
_SECOND_SET = 0x40000000
_NEW_USER = 0x10000000
"""What `clone` is told to make a namespace in which one is root."""

# Of <linux/bpf_common.h> and <linux/seccomp.h>: load a word, jump on it, and return.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _MACHINE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW, _FAIL_WITH = 0x7FFF0000, 0x00050000


def refused() -> bytes:
    """Return the filter for this machine, as the kernel takes it; nothing where it is not known."""
    if platform.machine() not in _NUMBERS:
        return b""
    machine, numbers = _NUMBERS[platform.machine()]
    numbers = dict(numbers)
    clone, clone3 = numbers.pop("clone"), numbers.pop("clone3")
    forbid = (_RETURN, 0, 0, _FAIL_WITH | errno.EPERM)
    # What another machine's program, which this one can run, calls these, is not known.
    steps = [(_LOAD, 0, 0, _MACHINE_AT), (_IF_EQUAL, 1, 0, machine), forbid]
    steps += [(_LOAD, 0, 0, _NUMBER_AT), (_IF_AT_LEAST, 0, 1, _SECOND_SET), forbid]
    for number in numbers.values():
        steps += [(_IF_EQUAL, 0, 1, number), forbid]
    # A filter can't read what clone3 is told; where there is none, programs use clone.
    steps += [(_IF_EQUAL, 0, 1, clone3), (_RETURN, 0, 0, _FAIL_WITH | errno.ENOSYS)]
    steps += [(_IF_EQUAL, 0, 3, clone), (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
              (_IF_BITS, 0, 1, _NEW_USER), forbid]  # fmt: skip
    steps += [(_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


@contextlib.contextmanager
def filter_file() -> Iterator[int]:
    """Give a file descriptor from which bubblewrap reads the filter."""
    with tempfile.TemporaryFile() as file:
        file.write(refused())
        file.seek(0)
        yield file.fileno()
