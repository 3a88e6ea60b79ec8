"""Prints the service's OpenAPI description: ``python -m api.openapi``."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from api.app import create_app
from api.settings import ApiSettings
from tuner.engine import Engine


def main() -> None:
    """Print the description as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine.open(f"sqlite:///{folder}/tuner.db", Path(folder))
        try:
            description = create_app(engine, ApiSettings()).openapi()
        finally:
            engine.close()
    sys.stdout.write(json.dumps(description, indent=2) + "\n")


if __name__ == "__main__":
    main()
