"""The tour: seven steps through a run that is trained live; a layer over the app, which does not know it."""
