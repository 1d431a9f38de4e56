"""Dataclasses in and out."""

import datetime
import enum
import math
from dataclasses import dataclass, field
from typing import List, Optional

from cog import BaseRunner, Input


class Mode(enum.Enum):
    WALK = "walk"
    RIDE = "ride"


@dataclass
class Point:
    x: float
    y: float
    name: Optional[str] = None


@dataclass
class Route:
    points: List[Point]
    length: float
    mode: Mode
    day: datetime.date
    warnings: List[str] = field(default_factory=list)


class Predictor(BaseRunner):
    def run(
        self,
        start: Point,
        stops: List[Point] = Input(default=[]),
        end: Point = Input(default=Point(0.0, 0.0, "home")),
        mode: Mode = Mode.WALK,
    ) -> Route:
        points = [start, *stops, end]
        length = sum(math.hypot(b.x - a.x, b.y - a.y) for a, b in zip(points, points[1:]))
        return Route(points, length, mode, datetime.date(2024, 2, 29), ["far"] if length > 100 else [])
