"""The face of the Echo-RNN trainer: a Textual application, and the same session printed as lines."""
