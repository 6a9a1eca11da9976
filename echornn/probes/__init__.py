"""What a network holds, and how its error travels: functions of its weights, its state and data."""
