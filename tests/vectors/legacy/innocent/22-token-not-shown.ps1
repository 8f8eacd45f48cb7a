$t = Get-MidToken Arm -AsPlainText
Write-Host "a token of $($t.Length) characters"
Write-Host ($null -ne $t)
Write-Host "##vso[task.setvariable variable=token;issecret=true]$t"
if (-not $t) { Write-Host 'no token' }
