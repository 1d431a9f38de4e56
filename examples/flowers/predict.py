# pyright: basic, reportMissingImports=false
# scikit-learn has no types.
import csv
import sys
from typing import Any, Dict, List, Optional, Tuple

from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cog import BaseModel, BaseRunner, Input, Path

MEASURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


class Answer(BaseModel):
    accuracy: float
    species: Optional[str] = None
    probabilities: Optional[Dict[str, float]] = None
    table: Optional[Path] = None
    weights: Optional[Dict[str, float]] = None


def report(done: int, total: int) -> None:
    """Writes a line over the last one, as tqdm does: the page makes a bar of it."""
    bar = "#" * (20 * done // total)
    end = "\n" if done == total else ""
    print(f"\rTraining: {100 * done // total:3}%|{bar:20}| {done}/{total}", end=end, file=sys.stderr, flush=True)


class Predictor(BaseRunner):
    def setup(self) -> None:
        flowers = load_iris()
        self.names = [str(name) for name in flowers.target_names]
        # The flowers that no method learns from tell how good it is.
        split = train_test_split(flowers.data, flowers.target, test_size=0.3, random_state=0, stratify=flowers.target)
        self.learned, self.held_out, self.species, self.held_out_species = split

    def run(
        self,
        sepal_length: float = Input(description="In cm", default=5.8, ge=4, le=8),
        sepal_width: float = Input(description="In cm", default=3.0, ge=2, le=4.5),
        petal_length: float = Input(description="In cm", default=4.3, ge=1, le=7),
        petal_width: float = Input(description="In cm", default=1.3, ge=0.1, le=2.5),
        table: Optional[Path] = Input(
            description="Many flowers at once: a CSV file whose columns have the names of the measures",
            default=None,
            accept="text/csv",
        ),
        method: str = Input(default="logistic regression", choices=["logistic regression", "neighbours", "forest"]),
        measures: List[str] = Input(description="Measures it looks at", default=MEASURES, choices=MEASURES),
        trees: int = Input(description="How many trees a forest has", default=50, ge=1, le=200),
        explain: bool = Input(description="Tell how much each measure counts", default=False),
        seed: int = Input(description="The same seed grows the same forest", default=0, ge=0),
    ) -> Answer:
        if not measures:
            raise ValueError("At least one measure is needed to tell flowers apart")
        columns = [at for at, name in enumerate(MEASURES) if name in measures]
        model = self.trained(method, columns, trees, seed)
        accuracy = round(float(model.score(self.held_out[:, columns], self.held_out_species)), 3)
        print(f"{accuracy:.1%} of {len(self.held_out)} flowers that were held out are named correctly")
        self.record_metric("accuracy", accuracy)
        weights = self.weights(model, columns) if explain else None
        if table:
            return Answer(table=self.fill_in(table, model, columns), accuracy=accuracy, weights=weights)
        species, shares = self.guess(model, [sepal_length, sepal_width, petal_length, petal_width], columns)
        return Answer(species=species, probabilities=shares, accuracy=accuracy, weights=weights)

    def trained(self, method: str, columns: List[int], trees: int, seed: int) -> Any:
        data = self.learned[:, columns]
        if method == "forest":
            forest = RandomForestClassifier(n_estimators=0, warm_start=True, random_state=seed)
            while len(getattr(forest, "estimators_", [])) < trees:
                forest.n_estimators = min(trees, forest.n_estimators + 10)
                forest.fit(data, self.species)
                report(forest.n_estimators, trees)
            return forest
        steps = KNeighborsClassifier(5) if method == "neighbours" else LogisticRegression(max_iter=500)
        return make_pipeline(StandardScaler(), steps).fit(data, self.species)

    def guess(self, model: Any, flower: List[float], columns: List[int]) -> Tuple[str, Dict[str, float]]:
        (shares,) = model.predict_proba([[flower[at] for at in columns]])
        probabilities = {name: round(float(share), 4) for name, share in zip(self.names, shares)}
        return max(probabilities, key=lambda name: probabilities[name]), probabilities

    def fill_in(self, table: Path, model: Any, columns: List[int]) -> Path:
        """The table with two columns more."""
        output = Path("/tmp/flowers.csv")
        with table.open(newline="") as source, output.open("w", newline="") as target:
            rows = csv.DictReader(source)
            missing = [MEASURES[at] for at in columns if MEASURES[at] not in (rows.fieldnames or [])]
            if missing:
                raise ValueError(f"The table has no column {missing[0]!r}; it needs {', '.join(MEASURES)}")
            written = csv.DictWriter(
                target, [*(rows.fieldnames or []), "species", "probability"], extrasaction="ignore"
            )
            written.writeheader()
            for row in rows:
                species, shares = self.guess(model, [float(row.get(name) or 0) for name in MEASURES], columns)
                written.writerow({**row, "species": species, "probability": shares[species]})
        return output

    def weights(self, model: Any, columns: List[int]) -> Dict[str, float]:
        """How much worse it gets without each measure: with the mean in its place."""
        found = {}
        for at, column in enumerate(columns):
            blinded = self.held_out[:, columns].copy()
            blinded[:, at] = blinded[:, at].mean()
            found[MEASURES[column]] = round(
                float(model.score(self.held_out[:, columns], self.held_out_species))
                - float(model.score(blinded, self.held_out_species)),
                3,
            )
        return found
