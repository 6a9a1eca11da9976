"""Widgets and drawing tools that the app and the map share: cells, key line, help, command palette, theme."""
