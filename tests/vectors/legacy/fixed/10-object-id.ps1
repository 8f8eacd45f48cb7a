$token = Get-MidToken Arm -ObjectId a0000000-0000-4000-8000-000000000010 -AsPlainText
