{{ stage('housing.public_rental') }}
