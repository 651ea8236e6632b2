"""The terminal dashboard with which an operator watches and runs Redis and Valkey high availability."""

__version__ = "0.1.0"
