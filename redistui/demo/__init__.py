"""A local fleet of real servers, with traffic: for looking at redistui without an estate, and for its tests.

with DemoFleet("all") as fleet:
    fleet.targets, fleet.sites, fleet.groups["orders"].primary.kill()
"""

from redistui.demo.binaries import engine_path
from redistui.demo.fleet import DemoFleet
from redistui.demo.headless import headless
from redistui.demo.problems import DemoError
from redistui.demo.shapes import SHAPES

__all__ = ["SHAPES", "DemoError", "DemoFleet", "engine_path", "headless"]
