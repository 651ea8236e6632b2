"""Clusters: what cluster-failover, replicate, add-node and forget are made of."""
