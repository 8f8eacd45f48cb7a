$token = Get-MidToken Storage -AsPlainText
