param([string] $Token = (Get-MidToken Arm -AsPlainText))
$secure = Get-MidToken Arm -AsPlainText | ConvertTo-SecureString -AsPlainText -Force
$short = (Get-MidToken Arm -AsPlainText).Substring(0, 8)
$table = @{ Token = Get-MidToken Arm -AsPlainText; Other = 1 }
$list = @((Get-MidToken Arm -AsPlainText), 'x')
Use-Token -Value (Get-MidToken Arm -AsPlainText) -Name n
$text = "Bearer $(Get-MidToken Arm -AsPlainText)"
$answer = Get-MidToken Arm -AsPlainText
$settings.Token = $answer
$env:TOKEN = Get-MidToken Arm -AsPlainText
function Get-Header { return @{ Authorization = 'Bearer ' + (Get-MidToken Arm -AsPlainText) } }
