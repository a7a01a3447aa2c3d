{{ stage('psb.temporary_residence') }}
