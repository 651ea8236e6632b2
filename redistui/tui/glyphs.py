"""The two sets of signs, as the screens import them."""

from redistui.view.glyphs import ASCII, UNICODE, Glyphs, glyphs

__all__ = ["ASCII", "UNICODE", "Glyphs", "glyphs"]
