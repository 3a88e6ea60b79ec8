"""The same as the ``tuner`` command: ``python -m tuner.cli``."""

import sys

from tuner.cli import main

sys.exit(main())
