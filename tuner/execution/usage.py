"""What a training and all that it has started take of the machine."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_KIB = 1024
_BLOCK_BYTES = 512


def group_memory(group: int) -> int:
    """Bytes of memory that the processes of a group hold, without what files would give back; 0 where it is not told.

    Memory that a forked process shares with others counts for each.
    """
    return sum(_memory(pid) for pid in _numbers() if _group_of(pid) == group)


def folder_bytes(folder: Path) -> int:
    """Bytes that the files of a folder take on the disk. Files that have a name elsewhere too are not its own."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                status = os.lstat(os.path.join(path, name))
                if status.st_nlink == 1:
                    total += status.st_blocks * _BLOCK_BYTES
    return total


def _numbers() -> list[int]:
    with suppress(OSError):
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return []


def _group_of(pid: int) -> int | None:
    with suppress(ProcessLookupError):
        return os.getpgid(pid)
    return None


def _memory(pid: int) -> int:
    total = 0
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, amount = line.partition(":")
            if name in ("RssAnon", "RssShmem"):
                total += int(amount.split()[0]) * _KIB
    return total
