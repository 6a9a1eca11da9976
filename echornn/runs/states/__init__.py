"""The states of a run on disk: checkpoints, at which a resume begins, and keyframes along the branches."""
