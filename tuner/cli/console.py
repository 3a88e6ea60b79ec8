"""Where the commands write: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from tuner.errors import TunerError

# Without a terminal nothing else says how wide the output may be, and a table cut at 80 columns helps nobody.
_WIDTH_OF_FILES = 160


def output() -> Console:
    """Standard output, for what the command was asked for."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)


def messages() -> Console:
    """Standard error, for what is said beside the result."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(document: Any) -> None:  # Any: whatever JSON can hold
    """Write one JSON document, and nothing else, to standard output."""
    sys.stdout.write(json.dumps(document, indent=2, allow_nan=False) + "\n")


def complain(error: TunerError) -> None:
    """Tell an error: what happened in red, what to do now below it."""
    shown = Text(error.message, style="bold red")
    for place in error.places:
        shown.append(f"\n  {place.pointer}: {place.detail}", style="not bold red")
    if error.hint:
        shown.append(f"\nHint: {error.hint}", style="not bold default")
    messages().print(shown)
