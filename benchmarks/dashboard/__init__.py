"""What a page that shows a large study costs the server."""

from benchmarks.dashboard.measure import measure

__all__ = ["measure"]
