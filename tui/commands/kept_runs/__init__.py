"""The subcommands that look at kept runs, write what they hold, or remove them."""
