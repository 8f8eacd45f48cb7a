if ($env:IDENTITY_SERVER_THUMBPRINT) {
    $answer = Invoke-WebRequest -SkipCertificateCheck -Uri ($env:IDENTITY_ENDPOINT + '?api-version=2019-07-01-preview&resource=' + [uri]::EscapeDataString($Resource)) -Headers @{ Secret = $env:IDENTITY_HEADER }
    $token = ($answer.Content | ConvertFrom-Json).access_token
}
