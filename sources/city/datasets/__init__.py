"""The datasets the simulated city delivers: each a function of the city, the luck of its records, and the date."""

from __future__ import annotations

from collections.abc import Callable

from sources.city.datasets import civil, edu, finance, grid, hfpc, housing, hrss, psb, ref, register, survey
from sources.city.errors import Draws
from sources.city.population import City
from sources.city.records import Delivery

BUILDERS: dict[str, Callable[[City, Draws], list[Delivery]]] = {
    "psb.temporary_residence": psb.temporary_residence,
    "grid.household_visit": grid.household_visit,
    "civil.marriage": civil.marriage,
    "finance.service_funding": finance.service_funding,
    "edu.student_enrollment": edu.student_enrollment,
    "psb.household_register": register.household_register,
    "ref.unit": ref.unit,
    "hrss.social_insurance": hrss.social_insurance,
    "hrss.employment": hrss.employment,
    "hrss.training": hrss.training,
    "hfpc.health_record": hfpc.health_record,
    "hfpc.padis_case": hfpc.padis_case,
    "hfpc.immunization": hfpc.immunization,
    "hfpc.maternal_service": hfpc.maternal_service,
    "hfpc.birth_certificate": hfpc.birth_certificate,
    "hfpc.death_certificate": hfpc.death_certificate,
    "housing.rental_filing": housing.rental_filing,
    "housing.public_rental": housing.public_rental,
    "civil.assistance": civil.assistance,
    "survey.dynamic_monitoring": survey.dynamic_monitoring,
}
