{{ stage('civil.marriage') }}
