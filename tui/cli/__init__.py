"""The command line: its flags and subcommands, and the programs that they start."""
