$headers = @{}
$headers['Metadata'] = 'true'
$token = Get-MidToken Arm -AsPlainText
