{{ stage('hfpc.immunization') }}
