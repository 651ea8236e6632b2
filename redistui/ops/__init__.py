"""Operator actions: one module each, pure; what they do to servers goes through redistui.engine.runner.

ACTIONS lists them all; read-only hides them all.
"""

from __future__ import annotations

from redistui.ops.action import Action
from redistui.ops.failover import FAILOVER

ACTIONS: tuple[Action, ...] = (FAILOVER,)
