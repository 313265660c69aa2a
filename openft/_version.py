"""The version, read by hatchling and by ``openft.__version__``."""

__version__ = "0.1.0"
