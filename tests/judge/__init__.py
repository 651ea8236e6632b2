"""Verdicts as tables: a fleet in short form, and what is to be said of it."""
