"""Class attributes, shared and own state, nested classes and properties."""

from typing import ClassVar, Dict, List

from cog import BaseModel, BaseRunner, Input


class Base(BaseRunner):
    registry: ClassVar[List[str]] = []
    limits = {"low": 0, "high": 3}

    def setup(self) -> None:
        self.registry.append(type(self).__name__)
        self.seen: Dict[str, int] = {}

    @property
    def total(self) -> int:
        return sum(self.seen.values())


class Predictor(Base):
    class Output(BaseModel):
        count: int
        total: int
        registry: List[str]

    def run(self, name: str, by: int = Input(default=1, ge=Base.limits["low"], le=Base.limits["high"])) -> Output:
        self.seen[name] = self.seen.get(name, 0) + by
        return self.Output(self.seen[name], self.total, self.registry)
