{{ row_fate('civil.marriage') }}
union all
{{ row_fate('finance.service_funding') }}
union all
{{ row_fate('grid.household_visit') }}
union all
{{ row_fate('psb.temporary_residence') }}
