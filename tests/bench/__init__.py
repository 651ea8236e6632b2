"""Measures, side by side in one run: `python -m tests.bench`, by hand, from the root of the checkout.

    python -m tests.bench [poll] [dashboard] [paint] [crash] [screens] [actions] [cluster100] [slots] [routes] [drill]
                          [history] [replay] [--nodes 200,1000] [--seconds 15] [--runs 9] [--markdown]

Without a name all of them, which takes a quarter of an hour. It needs Linux and the tools of redistui[test]. What
counts are the ratios: a machine's own speed, and how busy it is, is in both halves of them. Nothing here fails for
being slow, and no test asserts a time.
"""
