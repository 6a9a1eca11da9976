"""Maps: many trainings over a grid of fields, shared out to processes, each result kept once in a folder."""
