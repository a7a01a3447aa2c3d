{{ stage('civil.assistance') }}
