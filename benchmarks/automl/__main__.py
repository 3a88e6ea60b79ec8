"""``python -m benchmarks.automl``."""

from benchmarks.automl.command_line import main

if __name__ == "__main__":
    main()
