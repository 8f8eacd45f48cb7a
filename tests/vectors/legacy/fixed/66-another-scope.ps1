$answer = Invoke-RestMethod 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers @{Metadata='true'}
function Show-It { $answer.access_token }
function One { $r = Get-MidToken Arm -AsPlainText; $r }
function Two { $r = Get-MidToken Arm -AsPlainText; $r }
while ($true) {
    $t = Get-MidToken Arm -AsPlainText
    Start-Sleep 60
}
