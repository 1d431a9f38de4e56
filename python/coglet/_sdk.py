from cog._scope import MetricRecorder, Scope, current_scope

__all__ = ["MetricRecorder", "Scope", "current_scope"]
