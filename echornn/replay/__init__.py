"""Takes a run to any position: from the nearest keyframe, it trains the windows up to there again."""
