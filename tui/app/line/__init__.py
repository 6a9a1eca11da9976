"""The line after ``:``, and scripts: commands of the session and actions of the app, by name."""
