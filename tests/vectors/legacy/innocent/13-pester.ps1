Describe 'the client' {
    It 'asks the metadata service' {
        Should -Invoke Invoke-RestMethod -ParameterFilter { $Uri -eq 'http://169.254.169.254/metadata/identity/oauth2/token' }
    }
}
