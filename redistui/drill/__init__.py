"""Drills: an action, or a fault, under canaries that know which of their writes were acknowledged."""
