"""What several subcommands print: lines, JSON records, the progress bar."""
