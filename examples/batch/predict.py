# pyright: basic, reportMissingImports=false
# scikit-learn has no types.
from typing import List, Sequence

from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import train_test_split

from cog import BaseModel, BaseRunner, Input, Inputs, batch, run_one, scope_of


class Answer(BaseModel):
    digit: int
    votes: float


class Predictor(BaseRunner):
    def setup(self) -> None:
        digits = load_digits()
        learned, self.held_out, names, self.names = train_test_split(
            digits.data, digits.target, test_size=0.3, random_state=0
        )
        self.trees = ExtraTreesClassifier(n_estimators=150, random_state=0).fit(learned, names)

    def run(
        self,
        number: int = Input(description="Which of the pictures that were held out", default=0, ge=0, le=539),
        shift: int = Input(description="Move the picture so many pixels to the right", default=0, ge=0, le=7),
    ) -> Answer:
        return run_one(self.run_batch, number=number, shift=shift)

    @batch(max_size=16)
    def run_batch(self, inputs: Sequence[Inputs]) -> List[Answer]:
        pictures = [self.picture(item.number, item.shift) for item in inputs]
        answers = []
        for item, shares in zip(inputs, self.trees.predict_proba(pictures)):
            digit = int(shares.argmax())
            with scope_of(item):
                print(f"somebody wrote it as a {self.names[item.number]}")
            answers.append(Answer(digit=digit, votes=round(float(shares[digit]), 3)))
        return answers

    def picture(self, number: int, shift: int) -> List[float]:
        rows = self.held_out[number].reshape(8, 8)
        return [value for row in rows for value in [0.0] * shift + list(row[: 8 - shift])]
