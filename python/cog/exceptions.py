from cog._scope import CancelationException

__all__ = ["CancelationException"]
