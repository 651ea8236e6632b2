"""Canaries: a routed client that works on a group to show how others would fare, and markers that measure lag."""
