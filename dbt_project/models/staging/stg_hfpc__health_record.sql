{{ stage('hfpc.health_record') }}
