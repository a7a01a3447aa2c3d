{{ stage('finance.service_funding') }}
