$t = Get-MidToken Sql -AsPlainText
$conn.AccessToken = $t
