"""Routed clients: read/write split, Sentinel-aware, cluster-aware, several sites, load balancer. asyncio.

Built on redis-py's connections; what is ours is what it lacks: strategies, retries of only what is safe to repeat, and
an account of every call. Nothing whose outcome is unknown is ever sent again by itself.
"""
