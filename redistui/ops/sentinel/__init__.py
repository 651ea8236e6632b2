"""Groups under Sentinels: what failover, sentinel-reset and sentinel-set are made of."""
