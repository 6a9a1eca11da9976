"""What a viewer asks of a session (queries), and what it is answered (frames, pictures), as plain
values."""
