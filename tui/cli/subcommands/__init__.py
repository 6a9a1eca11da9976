"""The flags and help of all subcommands, and the table of them (`tui.cli.commands`)."""
