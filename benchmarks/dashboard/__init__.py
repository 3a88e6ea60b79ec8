"""What a page that shows a large study costs the server, and how long one waits for it."""

from benchmarks.dashboard.measure import measure

__all__ = ["measure"]
