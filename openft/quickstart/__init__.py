"""The whole life cycle of a fine-tuned model on one machine, with data of its own."""

from openft.quickstart.notes import Moved, Note, QuickstartResult, Report, Said
from openft.quickstart.prepare import Sample
from openft.quickstart.story import run

__all__ = ["Moved", "Note", "QuickstartResult", "Report", "Said", "Sample", "run"]
