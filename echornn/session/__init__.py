"""The loop that carries out commands, trains, and makes frames and pictures for the screen."""
