"""The styles of figures: for a journal's page, for slides, and for a dark background.

A style is a set of Matplotlib's parameters. A drawing names no colour and no size of its own: it
takes colours by their places in the style's cycle, which Matplotlib looks up when it draws, and
sizes by `SMALL`, `SMALLEST` and `points`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

# Colours that colour-blind people tell apart (Okabe and Ito 2008, but for the grey at the end)
ON_WHITE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#E69F00",
    "#000000",
    "#7F7F7F",
)
ON_DARK = (  # the same, without the dark blue and with the yellow
    "#56B4E9",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#F0E442",
    "#D55E00",
    "#FFFFFF",
    "#9A9A9A",
)
DARK = "#161616"  # the background; as dark as that of most slides

COLOURS = tuple(f"C{place}" for place in range(len(ON_WHITE)))
BLUE, ORANGE = COLOURS[:2]
INK = COLOURS[6]  # of texts and marks
GREY, PAPER = "C8", "C9"  # of guides, and of the background

SMALL = "small"  # 83 % of a style's text
SMALLEST = SMALL  # the next size is 4.9 points in a paper, and journals print none below 5

EVERY_STYLE: dict[str, Any] = {
    "legend.frameon": False,
    "axes.titlesize": "medium",
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.handlelength": 1.8,
    "legend.columnspacing": 1.2,
    "legend.labelspacing": 0.3,
    "legend.borderaxespad": 0.2,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # fonts are embedded as TrueType, as journals ask
    "svg.fonttype": "path",  # looks the same where the font is missing
    "svg.hashsalt": "echornn-tui",  # the same names of parts each time
}


class Style(NamedTuple):
    colours: tuple[str, ...]
    guides: str
    background: str
    shades: str  # a colour map whose end for much stands out from the background
    text: float  # points
    thickness: float  # of lines and markers, where 1 is that of a journal
    width: float  # inches, by default

    @property
    def parameters(self) -> dict[str, Any]:
        """Of Matplotlib."""
        from cycler import cycler

        ink = self.colours[6]
        of_the_ink = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color")
        line = 0.5 * self.thickness
        tick = 2.5 * self.thickness
        return {
            **EVERY_STYLE,
            **dict.fromkeys((*of_the_ink, "ytick.color"), ink),
            "figure.facecolor": self.background,
            "axes.facecolor": self.background,
            "axes.prop_cycle": cycler(color=[*self.colours, self.guides, self.background]),
            "image.cmap": self.shades,
            "font.size": self.text,
            "axes.labelpad": tick,
            "axes.titlepad": tick,
            "xtick.major.pad": tick,
            "ytick.major.pad": tick,
            "figure.constrained_layout.w_pad": tick / 72,
            "figure.constrained_layout.h_pad": tick / 72,
            "axes.linewidth": line,
            "xtick.major.width": line,
            "ytick.major.width": line,
            "xtick.minor.width": line,
            "ytick.minor.width": line,
            "xtick.major.size": tick,
            "ytick.major.size": tick,
            "xtick.minor.size": tick / 2,
            "ytick.minor.size": tick / 2,
            "patch.linewidth": line,
            "lines.linewidth": self.thickness,
            "lines.markeredgewidth": 0.8 * self.thickness,
        }


STYLES = {
    "paper": Style(ON_WHITE, "#666666", "#FFFFFF", "YlGnBu", text=7, thickness=1, width=3.3),
    "talk": Style(ON_WHITE, "#666666", "#FFFFFF", "YlGnBu", text=16, thickness=2, width=6.6),
    "dark": Style(ON_DARK, "#9A9A9A", DARK, "cividis", text=16, thickness=2, width=6.6),
}
"""By name; the width of paper is one column of most journals, which print text of 5 to 7 points;
that of the others is half a slide."""


def points(size: float) -> float:
    """So many points of a journal's page in the style that is drawn: of lines and markers."""
    from matplotlib import rcParams

    return size * float(rcParams["lines.linewidth"])


def shade_map() -> Any:
    """The colour map of the style that is drawn."""
    from matplotlib import colormaps, rcParams

    return colormaps[rcParams["image.cmap"]]
