{{ mentions('civil.marriage') }}
union all
{{ mentions('grid.household_visit') }}
union all
{{ mentions('psb.temporary_residence') }}
