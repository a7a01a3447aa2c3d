{{ stage('centre.verification') }}
