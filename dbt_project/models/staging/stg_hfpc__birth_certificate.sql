{{ stage('hfpc.birth_certificate') }}
