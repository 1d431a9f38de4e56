"""Errors of the SDK. The first three are kept for old imports; nothing raises them."""


class CogError(Exception):
    pass


class ConfigDoesNotExist(CogError):
    pass


class PredictorNotSet(CogError):
    pass


class SchemaError(CogError, TypeError):
    """A model declares something that its OpenAPI document cannot say."""
