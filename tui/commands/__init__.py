"""The subcommands, one file each, and the lines that they print."""
