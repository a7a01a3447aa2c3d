{{ stage('ref.unit') }}
