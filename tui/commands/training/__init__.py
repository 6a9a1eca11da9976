"""What trains without the app: the main command as printed lines, in the background, and the subcommand ``sweep``."""
