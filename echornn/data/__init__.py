"""The data of an epoch, and what is known of its losses before anything is trained."""
