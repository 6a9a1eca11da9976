"""The panels beside the curve: settings, branches, other runs."""
