"""The tree of a run's branches with all losses, and where undo, redo and the keys lead in it. No files."""
