"""Rules: modules of verdicts, one row each in redistui.judge.rules.table.

Nothing is imported here: a config asks for the thresholds (redistui.judge.rules.limits) and no more.
"""
