"""``python -m benchmarks.search``."""

from benchmarks.search.command_line import main

if __name__ == "__main__":
    main()
