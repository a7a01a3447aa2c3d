{{ stage('edu.student_enrollment', has_units=true) }}
