{{ stage('housing.rental_filing') }}
