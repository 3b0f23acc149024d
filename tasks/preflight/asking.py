class NotAsked(Exception):
    """The check cannot be made here, or not by this person; the text says why, fit to show."""
