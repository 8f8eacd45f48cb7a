try {
    $answer = Get-MidToken Arm -AsPlainText -TimeoutSec 3
} catch {
    throw 'no identity'
}
$token = $answer
$again = "Bearer " + $answer
