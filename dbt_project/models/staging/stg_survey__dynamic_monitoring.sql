{{ stage('survey.dynamic_monitoring') }}
