Connect-MgGraph -Scopes 'User.Read'
Get-MgUser -Top 1
