$token = Get-MidToken Arm -AsPlainText -ErrorAction Stop
