"""Reads and profiles one file under limits; run by ``tuner.data.upload`` as ``python -P -m tuner.data.profile_child``.

Reads from standard input what to look into: ``{"target": name or null, "kinds": {column: kind}}``. Prints one JSON
document: ``{"profile": ..., "first_rows": [[...]]}``, or ``{"error": {"code", "message", "hint", "places"}}``.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tuner.errors import InvalidDataset, TunerError


def main() -> None:
    """Profile the file named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--memory-bytes", type=int, required=True, help="address space of this process")
    parser.add_argument("--seconds", type=int, required=True, help="processor time of this process")
    arguments = parser.parse_args()
    _limit(arguments.memory_bytes, arguments.seconds)
    try:
        answer = _profile(arguments.file, **json.load(sys.stdin))
    except TunerError as error:
        answer = _describe(error)
    except MemoryError:
        answer = _describe(
            InvalidDataset(
                f"Reading the table takes more than {arguments.memory_bytes / 1024**3:.1f} GiB of memory.",
                hint="Upload a sample of its rows, or raise the memory limit for uploads.",
            )
        )
    # Not json.dump, which writes each number by itself; nor print, which under PYTHONUNBUFFERED loses what a pipe does
    # not take at once.
    with open(sys.stdout.fileno(), "wb", closefd=False) as output:
        output.write(json.dumps(answer, allow_nan=False).encode())


def _limit(memory_bytes: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # The soft limit tells its name (SIGXCPU); the hard one is the kernel's SIGKILL.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    # A file made to attack the reader must not be able to write any.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _profile(path: Path, target: str | None, kinds: dict[str, str]) -> dict[str, Any]:
    # Imported under the limits, and so that a lack of memory here is answered too.
    from tuner.data.examination import examine

    examined = examine(path, target=target, kinds=kinds)
    return {"profile": examined.profile.to_json(), "first_rows": examined.first_rows}


def _describe(error: TunerError) -> dict[str, Any]:
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
            "places": [asdict(place) for place in error.places],
        }
    }


if __name__ == "__main__":
    main()
