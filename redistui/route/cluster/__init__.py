"""A client that follows the slots of a cluster."""
