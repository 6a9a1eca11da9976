"""The live app: what is on its screen, its keys, its words, its help and its tour."""
