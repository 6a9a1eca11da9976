"""A run on disk: its ``logs``, its stored ``states`` and the recorder that writes both."""
