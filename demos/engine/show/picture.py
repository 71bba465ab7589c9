"""The picture that people see (it is painted where the rules are)."""

from ..rules.picture import scene

__all__ = ["scene"]
