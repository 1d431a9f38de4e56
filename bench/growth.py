"""How figures grow with something else, as a table for people and as data; and the bounds they must keep."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Bound:
    """How much more a figure may be in a later row than in any earlier one, from the row number `first` on: a ratio or
    a difference. Figures that are ratios already have a bound of the kind "is"."""

    column: str
    at_most: float
    kind: Literal["times", "more", "is"] = "times"
    first: int = 0

    def growth(self, figures: Sequence[float]) -> float:
        """The worst. A single figure has grown by nothing."""
        if self.kind == "is":
            return max(figures[self.first :])
        least, worst = figures[self.first], 1.0 if self.kind == "times" else 0.0
        for figure in figures[self.first + 1 :]:
            worst = max(worst, figure / least if self.kind == "times" else figure - least)
            least = min(least, figure)
        return worst

    def says(self, growth: float) -> str:
        verb = {"times": "grows times", "more": "grows by", "is": "is"}[self.kind]
        return f"{self.column} {verb} {growth:.2f}, at most {self.at_most:.2f}"


@dataclass
class Growth:
    """A table: `of` says what the first column counts; each row has a figure for every column."""

    name: str
    title: str
    of: str
    columns: tuple[str, ...]
    bounds: tuple[Bound, ...]
    rows: list[tuple[str, dict[str, float]]] = field(default_factory=list)

    def add(self, label: str, figures: dict[str, float]) -> None:
        self.rows.append((label, figures))

    def verdicts(self) -> list[tuple[bool, str]]:
        """For each bound whether it is kept, and a line that says so."""
        found = []
        for bound in self.bounds:
            growth = bound.growth([figures[bound.column] for _, figures in self.rows])
            said = f"{self.name}: {bound.says(growth)}"
            found.append((growth <= bound.at_most, said))
        return found

    def table(self) -> str:
        lines = [[self.of, *self.columns]]
        lines += [[label, *(_figure(figures[column]) for column in self.columns)] for label, figures in self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        rows = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths)) for line in lines]
        return "\n".join([f"{self.name}: {self.title}", *rows, *(said for _, said in self.verdicts())])

    def as_data(self) -> dict[str, Any]:
        rows = [{"at": label, **figures} for label, figures in self.rows]
        return {"case": self.name, "title": self.title, "of": self.of, "rows": rows}


def _figure(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 1000 else f"{figure:.2f}"
