"""Tests of what serves attached apps to browsers."""
