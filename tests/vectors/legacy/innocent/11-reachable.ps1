Test-NetConnection -ComputerName 169.254.169.254 -Port 80
$open = (New-Object System.Net.Sockets.TcpClient).ConnectAsync('169.254.169.254', 80).Wait(500)
