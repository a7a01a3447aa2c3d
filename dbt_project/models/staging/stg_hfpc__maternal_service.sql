{{ stage('hfpc.maternal_service') }}
