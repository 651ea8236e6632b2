"""Operator actions: one module each, pure; what they do to servers goes through redistui.engine.runner.

Nothing is imported here: all actions together (redistui.ops.actions) take longer than the screens to the first paint.
"""
