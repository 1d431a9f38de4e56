"""The worker process: runs the predictions of one model for the server that has started it."""

from cog._worker.entry import main

__all__ = ["main"]
