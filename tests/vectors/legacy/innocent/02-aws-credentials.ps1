$role = (Invoke-WebRequest -UseBasicParsing 'http://169.254.169.254/latest/meta-data/iam/security-credentials/').Content
$creds = Invoke-RestMethod "http://169.254.169.254/latest/meta-data/iam/security-credentials/$role"
