{{ stage('grid.household_visit') }}
