function Get-Thing {
    <#
    .SYNOPSIS
        Gets a thing with a token of http://169.254.169.254/metadata/identity/oauth2/token.
    .EXAMPLE
        Invoke-RestMethod -Uri http://localhost:50342/oauth2/token
    #>
    param([Parameter(HelpMessage = 'http://169.254.169.254/metadata/instance')] [string] $Name)
    "thing $Name"
}
