"""The programs that a command line opens: the app, the map, an attached app, a script, a server for a browser."""
