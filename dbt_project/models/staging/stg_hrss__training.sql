{{ stage('hrss.training') }}
