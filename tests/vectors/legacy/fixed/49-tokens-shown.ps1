$content = Get-MidToken Arm -AsPlainText
$ArmToken = $content
echo "The managed identities for Azure resources access token is $ArmToken"
Write-Host $content
Write-Host "##vso[task.setvariable variable=token]$ArmToken"
$ArmToken | Out-File token.txt
$ArmToken
