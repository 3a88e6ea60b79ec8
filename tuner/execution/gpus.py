"""Which GPUs a worker's trainings share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def visible_gpus(environ: Mapping[str, str] = os.environ, devices: Path = Path("/dev")) -> tuple[str, ...]:
    """The NVIDIA GPUs that a process may use, by the names that ``CUDA_VISIBLE_DEVICES`` takes.

    They are counted among the device files: asking the driver would start it, and what is forked from a process in
    which it runs cannot use it.

    Args:
        environ: Where ``CUDA_VISIBLE_DEVICES`` may name them.
        devices: Folder of the device files.
    """
    named = environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return tuple(name.strip() for name in named.split(",") if name.strip())
    # In a container files keep their numbers outside, while CUDA counts what it sees from zero.
    files = [path for path in devices.glob("nvidia*") if path.name.removeprefix("nvidia").isdigit()]
    return tuple(map(str, range(len(files))))
