"""The command line: its parser, the flags and help of its ``subcommands``, and the ``front_ends`` that they open."""
