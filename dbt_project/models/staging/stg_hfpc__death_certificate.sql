{{ stage('hfpc.death_certificate') }}
