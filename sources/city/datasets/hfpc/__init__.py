"""Health and family planning: health records, cases of the floating population, vaccinations, births and deaths."""

from __future__ import annotations

from sources.city.datasets.hfpc.health_record import health_record
from sources.city.datasets.hfpc.padis_case import padis_case

__all__ = ["health_record", "padis_case"]
