{{ stage('psb.household_register') }}
