"""Several outputs of different kinds in one object, some of them missing."""

import json
from typing import Dict, List, Optional

from cog import BaseModel, BaseRunner, File, Input, Path


class Box(BaseModel):
    left: int
    top: int
    label: str
    score: Optional[float] = None


class Output(BaseModel):
    boxes: List[Box]
    masks: Dict[str, Path]
    report: Path
    preview: Optional[Path] = None


class Predictor(BaseRunner):
    def run(
        self,
        image: File = Input(description="Lines of characters; capitals are things"),
        labels: List[str] = Input(default=["A", "B"]),
        scores: bool = False,
    ) -> Output:
        boxes = []
        for top, line in enumerate(image.read().decode().splitlines()):
            for left, character in enumerate(line):
                if character in labels:
                    boxes.append(Box(left=left, top=top, label=character, score=0.5 if scores else None))
        masks = {}
        for label in labels:
            masks[label] = Path(f"mask-{label}.txt")
            masks[label].write_text(" ".join(f"{box.left},{box.top}" for box in boxes if box.label == label))
        report = Path("report.json")
        report.write_text(json.dumps({"count": len(boxes)}))
        return Output(boxes=boxes, masks=masks, report=report)
