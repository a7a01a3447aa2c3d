select cast('2014-10-31' as date) as day_on
