"""notes (being written)"""
from .conversation import Exchange


def markdown(exchange: Exchange) -> str:
    """Return the note: answer, picture's hash, model, date, "not for diagnosis"; nothing else."""
