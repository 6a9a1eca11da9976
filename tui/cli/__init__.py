"""The command line: a subcommand is a function, whose parameters are its flags and whose docstring
is its help."""
