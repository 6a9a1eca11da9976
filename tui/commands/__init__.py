"""What a subcommand does, and the lines that it prints: a file each."""
