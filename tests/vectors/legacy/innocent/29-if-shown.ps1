if ($Verbose) { 'http://169.254.169.254/metadata/identity/oauth2/token' }
bash -c "curl http://169.254.169.254/latest/meta-data/"
