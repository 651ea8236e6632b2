"""Groups that nobody watches: what attach, detach and promote are made of."""
