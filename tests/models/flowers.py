"""A classifier of scikit-learn, trained elsewhere and loaded from a file beside the model."""

import pickle
from typing import Dict, List

from cog import BaseModel, BaseRunner, Input


class Output(BaseModel):
    label: str
    confidence: float
    probabilities: Dict[str, float]


class Predictor(BaseRunner):
    def setup(self) -> None:
        with open("flowers.pickle", "rb") as file:
            saved = pickle.load(file)
        self.model, self.names = saved["model"], saved["names"]

    def run(
        self,
        measures: List[float] = Input(description="Lengths and widths of sepal and petal, in cm"),
        top: int = Input(default=3, ge=1, le=3),
    ) -> Output:
        (shares,) = self.model.predict_proba([measures])
        order = shares.argsort()[::-1][:top]
        return Output(
            label=self.names[order[0]],
            confidence=shares[order[0]],
            probabilities={self.names[one]: shares[one] for one in order},
        )
