{{ scorecard() }}
