{{ stage('hfpc.padis_case') }}
