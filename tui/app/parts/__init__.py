"""The parts of the app: classes from which `EchoApp` inherits, one for each group of its actions."""
