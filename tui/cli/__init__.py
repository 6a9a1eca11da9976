"""The command line: its flags and subcommands, and what each of them opens."""
