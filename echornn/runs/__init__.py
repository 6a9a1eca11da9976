"""A run on disk: its reader, its recorder, checkpoints and keyframes, and going to any window by
replay."""
