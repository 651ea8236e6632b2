"""Writes held for a while: what pause-writes and unpause are made of."""
