from cog import BaseRunner, Input


class Predictor(BaseRunner):
    def setup(self) -> None:
        self.greeting = "hello"

    def run(self, name: str = Input(description="Whom to greet", default="world")) -> str:
        return f"{self.greeting} {name}"
