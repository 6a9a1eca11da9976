"""The command line: a subcommand is a function, whose parameters are its flags and whose docstring is its help."""


class UsageError(ValueError):
    """A command line, or a preference, that cannot be used; the message says what was given and what is allowed."""


class FailedError(Exception):
    """What was asked cannot be done; the message says why."""
