"""The ``tuner`` command."""

from __future__ import annotations

import sys

from tuner.errors import MissingExtra

__all__ = ["main"]


def main() -> int:
    """Run the command line of this process; the exit status."""
    try:
        from tuner.cli.application import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "tuner":
            raise
        sys.stderr.write(f"{MissingExtra('local', 'The tuner command')}\n")
        return 1
    return run()
