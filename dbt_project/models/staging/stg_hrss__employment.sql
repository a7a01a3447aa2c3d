{{ stage('hrss.employment') }}
