"""Our theme as Textual's: what its stylesheet, its inputs and its scrollbars are coloured with."""

from __future__ import annotations

from textual.theme import Theme as TextualTheme

from redistui.tui.themes import Theme


def textual_theme(theme: Theme) -> TextualTheme:
    """Named by the object, too: a file that was edited and chosen again is another theme."""
    chrome, tones = theme.palette.chrome, theme.palette.tones
    background, text = _css(chrome["background"].on), _css(chrome["text"].colour)
    accent = _css(tones["accent"].colour)
    surface, raised = _css(chrome["surface"].on), _css(chrome["raised"].on)
    border, guide = _css(chrome["border"].colour), _css(chrome["guide"].colour)
    plain = background.startswith("ansi_")
    return TextualTheme(
        name=f"{theme.name}-{id(theme):x}",
        primary=accent,
        foreground=None if plain else text,
        background=None if plain else background,
        surface=None if plain else surface,
        panel=None if plain else raised,
        warning=_css(tones["warn"].colour),
        error=_css(tones["bad"].colour),
        success=_css(tones["ok"].colour),
        dark=theme.palette.dark,
        ansi=plain,
        variables={
            "ansi-background": background,
            "ansi-foreground": text,
            "house": background,
            "house-text": text,
            "house-surface": surface,
            "house-raised": raised,
            "house-border": border,
            "house-accent": accent,
            "input-cursor-background": text,
            "input-cursor-foreground": background,
            "input-cursor-text-style": "reverse" if plain else "none",
            **_scrollbar(guide, accent, background),
        },
    )


def _scrollbar(bar: str, held: str, ground: str) -> dict[str, str]:
    return {
        "scrollbar": bar,
        "scrollbar-hover": bar,
        "scrollbar-active": held,
        "scrollbar-background": ground,
        "scrollbar-background-hover": ground,
        "scrollbar-background-active": ground,
        "scrollbar-corner-color": ground,
    }


def _css(colour: str | None) -> str:
    """A palette's colour as the stylesheet writes it."""
    name = colour or "default"
    return name if name.startswith("#") else f"ansi_{name}"
