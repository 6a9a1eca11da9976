"""The app: its keys, the ``parts`` of its class, what it shows, and the texts of its ``help``."""
