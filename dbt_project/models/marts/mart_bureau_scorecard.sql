{{ scorecard(by=['bureau'], levels=['city', 'district']) }}
