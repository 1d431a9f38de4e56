"""Ratios of the servers' figures, as a table for people and as data."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any, Optional

from cases import MORE_IS_BETTER, OURS, SERVERS, Case

OTHERS = [server for server in SERVERS if server != OURS]


@dataclass
class Row:
    """The figures of one metric of one case, by server and round."""

    case: Case
    metric: str
    rounds: dict[str, dict[int, dict[str, float]]] = field(default_factory=dict)

    def add(self, server: str, number: int, figures: dict[str, float]) -> None:
        self.rounds.setdefault(server, {})[number] = figures

    def figures(self, server: str, metric: str = "") -> list[float]:
        return [figures[metric or self.metric] for figures in self.rounds.get(server, {}).values()]

    def ratios(self, server: str) -> list[float]:
        """Ours to that server's, of the rounds that both have."""
        mine, other = self.rounds.get(OURS, {}), self.rounds.get(server, {})
        return [mine[number][self.metric] / other[number][self.metric] for number in mine if number in other]

    def times(self, base: "Row") -> Optional[float]:
        """Our figure in multiples of that of another case; None where one of them is missing."""
        mine, other = self.figures(OURS), base.figures(OURS)
        return median(mine) / median(other) if mine and other else None

    def notes(self) -> list[str]:
        """What the median does not say: refused requests and broken connections."""
        found = []
        for server in self.rounds if self.case.kind == "load" and self.metric == self.case.metrics[0] else ():
            refused, broken = median(self.figures(server, "refused")), sum(self.figures(server, "broken"))
            if refused or broken:
                found.append(f"{self.case.name}: {server} refused {refused:.1%} of the requests, {broken:.0f} broken")
        return found

    def as_data(self) -> dict[str, Any]:
        return {
            "case": self.case.name,
            "title": self.case.title,
            "metric": self.metric,
            "more_is_better": MORE_IS_BETTER[self.metric],
            "medians": {server: median(self.figures(server)) for server in self.rounds},
            "rounds": self.rounds,
            "ratios": {
                f"{OURS}/{server}": {"median": median(all_), "min": min(all_), "max": max(all_)}
                for server in OTHERS
                if (all_ := self.ratios(server))
            },
        }


def table(rows: list[Row]) -> str:
    lines = [["case", "metric", "better", *SERVERS, *(f"{OURS}/{server}" for server in OTHERS)]]
    for row in rows:
        figures = [_figure(row.figures(server)) for server in SERVERS]
        ratios = [_ratio(row.ratios(server)) for server in OTHERS]
        lines.append([row.case.name, row.metric, "more" if MORE_IS_BETTER[row.metric] else "less", *figures, *ratios])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def _figure(rounds: list[float]) -> str:
    if not rounds:
        return "-"
    middle = median(rounds)
    return f"{middle:,.0f}" if middle >= 1000 else f"{middle:.3g}"


def _ratio(rounds: list[float]) -> str:
    return f"{median(rounds):.2f} ({min(rounds):.2f}-{max(rounds):.2f})" if rounds else "-"
