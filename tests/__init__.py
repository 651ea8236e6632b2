"""Tests of redistui; the folders mirror those of the package."""
