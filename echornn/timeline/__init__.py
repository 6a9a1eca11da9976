"""The tree of a run's branches with all losses, in memory; and where undo, redo and other keys go
in the tree."""
