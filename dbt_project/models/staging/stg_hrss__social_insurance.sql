{{ stage('hrss.social_insurance') }}
