"""A secret, the request's context and metrics of every kind."""

from cog import BaseRunner, Input, Secret, current_scope


class Predictor(BaseRunner):
    def run(
        self,
        token: Secret = Input(description="Key of the service"),
        model: str = Input(default="small", choices=["small", "large"]),
    ) -> str:
        context = current_scope().context
        print(f"calling with {token}")
        self.record_metric("calls", 1, mode="incr")
        self.record_metric("calls", 1, mode="incr")
        self.record_metric("models", model, mode="append")
        self.scope.metrics["billing.seconds"] = 1.5
        value = token.get_secret_value() or ""
        return f"{model} for {context.get('tenant', 'nobody')}, key of {len(value)} letters"
