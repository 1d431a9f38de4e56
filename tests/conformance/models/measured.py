"""Metrics, by a list of calls."""

from __future__ import annotations

from typing import Any, Dict, List

from cog import BaseRunner, Input, current_scope


class Predictor(BaseRunner):
    def run(self, calls: List[Dict[str, Any]] = Input(default=[]), length: int = 0) -> str:
        scope = current_scope()
        for call in calls:
            key, value = call.get("key", "k" * length), call.get("value")
            if call.get("how") == "set":
                scope.metrics[key] = value
            elif call.get("how") == "delete":
                scope.metrics.delete(key)
            elif call.get("how") == "tuple":
                scope.record_metric(key, (1, 2))
            elif call.get("how") == "nan":
                scope.record_metric(key, float("nan"))
            elif call.get("how") == "huge":
                scope.record_metric(key, 2**70)
            elif "mode" in call:
                scope.record_metric(key, value, call["mode"])
            else:
                scope.record_metric(key, value)
        return "measured"
