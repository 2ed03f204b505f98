"""What parts are made of: normal equations, covariances, networks, penalties, searches."""
