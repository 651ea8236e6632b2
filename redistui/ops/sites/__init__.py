"""What a site failover is made of: which groups take part, and where their lanes wait for each other."""
