"""What the screen is made of; each draws plain values and keeps no truth of its own."""
