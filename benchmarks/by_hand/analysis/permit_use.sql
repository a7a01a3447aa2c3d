select
    period,
    division_code as district,
    permit_kind,
    service,
    entitled as permit_entitled,
    used as permit_used,
    use_rate as permit_use_rate
from marts.mart_permit_services
where level = 'district'
order by period, district, permit_kind, service
