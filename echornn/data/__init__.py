"""The data of an epoch, and the losses that are known before anything is trained."""
