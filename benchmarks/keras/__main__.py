"""``python -m benchmarks.keras``."""

from benchmarks.keras.command_line import main

if __name__ == "__main__":
    main()
