class NotAsked(Exception):
    """The check cannot be made here, or not by this person; the text says why, fit to show."""


class GivenUp(Exception):
    """The check has used up its time; whoever asked has been told so."""
