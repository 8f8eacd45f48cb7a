@{
    Name = 'x'
    Text = 'Metadata: true'
    Host = '169.254.169.254'
}
