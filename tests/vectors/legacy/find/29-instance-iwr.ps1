$tags = (Invoke-WebRequest -UseBasicParsing -Headers @{Metadata='true'} -Uri 'http://169.254.169.254/metadata/instance/compute/tagsList?api-version=2019-06-04').Content | ConvertFrom-Json
$events = Invoke-RestMethod -Headers @{Metadata='true'} -Uri 'http://169.254.169.254/metadata/scheduledevents?api-version=2020-07-01'
$who = Invoke-RestMethod -Headers @{Metadata='true'} -Uri 'http://169.254.169.254/metadata/identity/info?api-version=2018-02-01'
