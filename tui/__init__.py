"""The user interface of the Echo-RNN trainer: a Textual app, and a command line."""
