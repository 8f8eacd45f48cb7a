curl.exe -s -H "Metadata: true" "http://169.254.169.254/latest/meta-data/"
curl -Uri 'https://example.test/metadata/identity/oauth2/token'
wget https://example.test/file.zip
