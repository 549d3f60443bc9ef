# Installs goward on Windows: in a checkout by building it, or, run by itself, from a release.
#
#   .\install.ps1                       Windows PowerShell 5.1, PowerShell 7
#   .\install.ps1 -Uninstall
#
# Touches nothing but PREFIX and a temporary directory; PATH is changed by `goward setup`, which can
# be undone. Everything is in functions, and the last line calls one, so that a download that was
# cut short does nothing. Nobody has run this yet: where goward is made, there is no PowerShell.

<#
.SYNOPSIS
Installs goward and goward-shim in PREFIX\bin and runs `goward setup`.
.DESCRIPTION
In a checkout both are built with cargo. Elsewhere they come from a release: from
FROM/download/vVERSION, without a version from FROM/latest/download. The list of its files,
SHA256SUMS, has to be signed by KEY, which minisign checks, and the archive has to be as the list
says.
.PARAMETER Prefix
Where to install; by default %LOCALAPPDATA%\Programs\goward.
.PARAMETER NoModifyPath
Leave PATH and the profiles of PowerShell alone.
.PARAMETER From
The directory with the releases, an https URL, instead of building. Where there is no checkout, the
variable GOWARD_RELEASES says the same. There is no default: goward has no published releases yet.
.PARAMETER Key
The public key of the releases, as minisign writes it; by default that of GOWARD_RELEASES_KEY.
.PARAMETER Version
The release to install; by default the newest.
.PARAMETER Uninstall
Run `goward setup --undo` and remove both programs.
.PARAMETER Purge
With -Uninstall: remove the store too, with every toolchain.
#>
[CmdletBinding()]
param(
    [string] $Prefix,
    [switch] $NoModifyPath,
    [string] $From,
    [string] $Key = $env:GOWARD_RELEASES_KEY,
    [ValidatePattern('^[A-Za-z0-9._+-]*$')]
    [string] $Version,
    [switch] $Uninstall,
    [switch] $Purge
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
# Windows PowerShell draws it for every few bytes, and a download takes ten times as long.
$ProgressPreference = 'SilentlyContinue'
$target = 'x86_64-pc-windows-gnu'

function Stop-Install([string] $Message, [string] $Hint) {
    if ($Hint) { $Message = "$Message`nhint: $Hint" }
    throw "install.ps1: $Message"
}

# Runs a program; what it prints is for people. PowerShell 5.1 takes standard error for errors.
function Invoke-Program {
    param([string] $Program, [string[]] $Arguments, [string] $Failed, [string] $Hint)
    $ErrorActionPreference = 'Continue'
    & $Program @Arguments | Out-Host
    if ($LASTEXITCODE -ne 0) { Stop-Install $Failed $Hint }
}

# --- Where programs come from ---------------------------------------------------------------------

# Builds both programs; returns the directories that they are in.
function Build-Checkout([string] $Checkout) {
    $cargo = Get-Command cargo -CommandType Application -ErrorAction SilentlyContinue |
        Select-Object -First 1
    if (-not $cargo) {
        Stop-Install 'building goward needs cargo, which is missing; nothing was installed' `
            'install Rust 1.89 or newer'
    }
    $failed = 'the build failed; nothing was installed'
    $programs = @{}
    Push-Location $Checkout
    try {
        Write-Host "building goward in ${Checkout}: a few minutes the first time"
        foreach ($build in @(@('goward-shim', 'shim', 'release'), @('goward', 'goward', 'checkout'))) {
            $package, $program, $cargoProfile = $build
            $ErrorActionPreference = 'Continue'
            $messages = & $cargo.Source build --profile $cargoProfile --locked --package $package `
                --bin $program --message-format json-render-diagnostics
            $ErrorActionPreference = 'Stop'
            if ($LASTEXITCODE -ne 0) { Stop-Install $failed 'the messages above say why' }
            # cargo itself says where they are: variables and its configuration may move them.
            foreach ($message in $messages) {
                if ($message -notlike '{*') { continue }
                $found = $message | ConvertFrom-Json
                if ($found.PSObject.Properties['executable'] -and $found.executable) {
                    $programs[(Split-Path $found.executable -Leaf)] = $found.executable
                }
            }
        }
    } finally {
        Pop-Location
    }
    $programs['goward-shim.exe'] = $programs['shim.exe']
    foreach ($name in 'goward.exe', 'goward-shim.exe') {
        if (-not $programs[$name]) {
            Stop-Install "cargo did not say where it put ``$name``; nothing was installed"
        }
    }
    return $programs
}

function Assert-Url([string] $Url) {
    $uri = $Url -as [Uri]
    if (-not $uri -or -not $uri.IsAbsoluteUri -or $uri.Scheme -notin 'https', 'http') {
        Stop-Install "``$Url`` is not an https URL; nothing was downloaded"
    }
    if ($uri.UserInfo) {
        Stop-Install 'a URL with a user name or password is not accepted; nothing was downloaded'
    }
    if ($uri.Scheme -eq 'http' -and -not $uri.IsLoopback) {
        Stop-Install "refusing to download over plain http: ``$Url``; nothing was downloaded" `
            'plain http is accepted from this machine itself only'
    }
}

function Save-Url([string] $Url, [string] $Path) {
    try {
        Invoke-WebRequest -UseBasicParsing -Uri $Url -OutFile $Path
    } catch {
        Stop-Install "cannot download ``$Url``: $($_.Exception.Message); nothing was installed"
    }
}

# Downloads a release into a directory, checks and unpacks it; returns where the programs are.
function Get-Release([string] $Base, [string] $Work) {
    Assert-Url $Base
    if (-not $Key) {
        Stop-Install 'there is no key to check a release with; nothing was downloaded' `
            'give the public key of the releases: -Key, or the variable GOWARD_RELEASES_KEY'
    }
    $minisign = Get-Command minisign -CommandType Application -ErrorAction SilentlyContinue |
        Select-Object -First 1
    if (-not $minisign) {
        Stop-Install 'checking a release needs minisign, which is missing; nothing was downloaded' `
            'winget install jedisct1.minisign'
    }
    # Windows PowerShell would begin with TLS 1.0.
    [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
    $Base = $Base.TrimEnd('/')
    $place = "$Base/latest/download"
    if ($Version) { $place = "$Base/download/v$($Version -replace '^v')" }
    $sums = Join-Path $Work 'SHA256SUMS'
    Save-Url "$place/SHA256SUMS" $sums
    Save-Url "$place/SHA256SUMS.minisig" "$sums.minisig"
    Invoke-Program $minisign.Source @('-V', '-q', '-P', $Key, '-m', $sums) `
        "the signature of ``$place/SHA256SUMS`` is wrong; nothing was installed"
    $wanted = if ($Version) { [regex]::Escape($Version -replace '^v') } else { '[A-Za-z0-9._+-]+' }
    $line = "^([0-9a-f]{64}) [ *](goward-($wanted)-$target\.zip)$"
    $found = @(Get-Content $sums | Where-Object { $_ -cmatch $line })
    if ($found.Count -ne 1) {
        Stop-Install "``$place/SHA256SUMS`` has no archive for $target; nothing was installed"
    }
    $null = $found[0] -cmatch $line
    $sum, $name, $release = $Matches[1], $Matches[2], $Matches[3]
    $archive = Join-Path $Work $name
    Save-Url "$Base/download/v$release/$name" $archive
    if ((Get-FileHash -Algorithm SHA256 $archive).Hash -ne $sum) {
        Stop-Install "the sha256 of ``$name`` is wrong; nothing was installed"
    }
    Expand-Archive -Path $archive -DestinationPath $Work
    $directory = Join-Path $Work "goward-$release-$target"
    $programs = @{}
    foreach ($file in Get-ChildItem $directory -Recurse -File -Filter 'goward*.exe') {
        $programs[$file.Name] = $file.FullName
    }
    foreach ($name in 'goward.exe', 'goward-shim.exe') {
        if (-not $programs.ContainsKey($name)) {
            Stop-Install "the archive has no ``$name``; nothing was installed"
        }
    }
    return $programs
}

# --- Putting them there, and taking them away -----------------------------------------------------

# Removes a program, even one that runs: that is renamed away, and goes with the next install.
function Remove-Program([string] $Path) {
    if (-not (Test-Path -LiteralPath $Path)) { return }
    $directory = Split-Path $Path
    $aside = Join-Path $directory ('.old-' + [Guid]::NewGuid().ToString('N'))
    Move-Item -LiteralPath $Path -Destination $aside
    Remove-Item -LiteralPath $aside -Force -ErrorAction SilentlyContinue
}

function Install-Programs([hashtable] $Programs, [string] $Origin) {
    $null = New-Item -ItemType Directory -Force -Path $bin, $notes
    Get-ChildItem -LiteralPath $bin -Force -Filter '.old-*' |
        Remove-Item -Force -ErrorAction SilentlyContinue
    foreach ($name in 'goward-shim.exe', 'goward.exe') {
        $path = Join-Path $bin $name
        # On the same disk, so that the rename below cannot end in the middle.
        $fresh = Join-Path $bin ('.new-' + [Guid]::NewGuid().ToString('N'))
        Copy-Item -LiteralPath $Programs[$name] -Destination $fresh
        Remove-Program $path
        Move-Item -LiteralPath $fresh -Destination $path
    }
    Set-Content -LiteralPath (Join-Path $notes 'installed-by') -Value $Origin -Encoding Ascii
    Write-Host "installed $(Join-Path $bin 'goward.exe')"
    $arguments = @('setup')
    if ($NoModifyPath) { $arguments += '--no-modify-path' }
    Invoke-Program (Join-Path $bin 'goward.exe') $arguments `
        'goward is installed, but `goward setup` failed' 'when that is mended: goward setup'
}

function Uninstall-Programs {
    $goward = Join-Path $bin 'goward.exe'
    if (Test-Path -LiteralPath $goward) {
        Invoke-Program $goward @('setup', '--undo') `
            '`goward setup --undo` failed; nothing was removed'
    }
    Remove-Program $goward
    Remove-Program (Join-Path $bin 'goward-shim.exe')
    Remove-Item -LiteralPath $notes -Recurse -Force -ErrorAction SilentlyContinue
    Write-Host "removed goward from $bin"
    if (-not $Purge) { return }
    $store = $env:GOWARD_HOME
    if (-not $store) { $store = Join-Path $env:LOCALAPPDATA 'goward' }
    if (-not (Test-Path -LiteralPath (Join-Path $store 'goward-store'))) {
        Stop-Install "refusing to purge ``$store``: it is no store of goward"
    }
    Remove-Item -LiteralPath $store -Recurse -Force
    Write-Host "removed $store"
}

function Install-Goward {
    if ($Purge -and -not $Uninstall) { Stop-Install '-Purge goes with -Uninstall' }
    if ($env:OS -ne 'Windows_NT') {
        Stop-Install 'this is for Windows; nothing was installed' './install.sh'
    }
    if ($Uninstall) { return Uninstall-Programs }
    $checkout = if ($PSScriptRoot) { $PSScriptRoot } else { '' }
    $isCheckout = $checkout -and (Test-Path -LiteralPath (Join-Path $checkout 'shims\Cargo.toml'))
    $base = $From
    if (-not $base -and -not $isCheckout) { $base = $env:GOWARD_RELEASES }
    if (-not $base) {
        if (-not $isCheckout) {
            Stop-Install 'nothing to download from: goward has no published releases yet' `
                'clone its repository and run .\install.ps1 there, or name the releases: -From URL'
        }
        return Install-Programs (Build-Checkout $checkout) 'checkout'
    }
    $name = 'goward-install-' + [Guid]::NewGuid().ToString('N')
    $work = Join-Path ([IO.Path]::GetTempPath()) $name
    $null = New-Item -ItemType Directory -Path $work
    try {
        Install-Programs (Get-Release $base $work) 'install.ps1'
    } finally {
        Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
    }
}

if (-not $Prefix) { $Prefix = Join-Path $env:LOCALAPPDATA 'Programs\goward' }
$bin = Join-Path $Prefix 'bin'
$notes = Join-Path $Prefix 'lib\goward'
Install-Goward
