"""Models of pydantic in and out."""

from typing import Any, Dict, List, Optional

from pydantic import BaseModel, Field

from cog import BaseRunner


class Item(BaseModel):
    name: str = Field(..., min_length=1)
    price: float = Field(..., gt=0)
    tags: List[str] = []


class Receipt(BaseModel):
    items: List[Item]
    total: float
    note: Optional[str] = None
    counts: Dict[str, int] = Field(default_factory=dict)


class Predictor(BaseRunner):
    def run(self, item: Item, count: int = 1, note: Optional[str] = None) -> Receipt:
        extra: Dict[str, Any] = {"note": note} if note else {}
        return Receipt(items=[item] * count, total=item.price * count, counts={item.name: count}, **extra)
