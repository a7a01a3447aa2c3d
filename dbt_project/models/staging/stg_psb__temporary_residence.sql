{{ stage('psb.temporary_residence', has_units=true) }}
