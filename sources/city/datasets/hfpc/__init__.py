"""Health and family planning: health records, cases of the floating population, vaccinations, births and deaths."""

from __future__ import annotations

from sources.city.datasets.hfpc.deaths import death_certificate
from sources.city.datasets.hfpc.health_records import health_record
from sources.city.datasets.hfpc.maternity import birth_certificate, maternal_service
from sources.city.datasets.hfpc.padis import padis_case
from sources.city.datasets.hfpc.vaccinations import immunization

__all__ = [
    "birth_certificate",
    "death_certificate",
    "health_record",
    "immunization",
    "maternal_service",
    "padis_case",
]
