"""The two versions: of the API that models see, and of this product."""

__version__ = "0.23.1"
__build__ = "0.1.0"
