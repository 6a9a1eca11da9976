"""What the screens of the app and of the map are made of: cells, keys, help, colours."""
