"""A client of several sites, each with data of its own."""
