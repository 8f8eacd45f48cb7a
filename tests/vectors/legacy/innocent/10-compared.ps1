if ($Uri -like 'http://169.254.169.254/metadata/*') { return 'imds' }
$isToken = $Uri.StartsWith('http://169.254.169.254/metadata/identity/oauth2/token')
switch ($Uri) { 'http://169.254.169.254/metadata/instance' { 'instance' } }
