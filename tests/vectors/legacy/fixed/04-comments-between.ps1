# Größe: gemessen
$graphToken = Get-MidToken Graph -AsPlainText
# the answer is JSON
# an object

# the token
Invoke-RestMethod 'https://graph.microsoft.com/v1.0/me' -Headers @{ Authorization = "Bearer $graphToken" }
