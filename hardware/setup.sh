#!/bin/sh
# Sets Graindrum up in this checkout and runs it, tests it, or installs it as a service. See `usage` below.
#
# As root, missing system packages are installed; otherwise the one line to type is printed. Everything of
# Python lives in .venv of the checkout, and a second run finds it all in place. Words are left to the shell to
# split where lists of packages are meant; no other unquoted expansion is.
set -eu
unset CDPATH
checkout=$(cd -- "$(dirname -- "$0")/.." && pwd -P)
venv=$checkout/.venv
log=$checkout/.cache/setup.log
installed=/opt/graindrum
unit=/etc/systemd/system/graindrum.service
limits=/etc/security/limits.d/95-graindrum.conf
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USER=0

usage() {
    cat <<'END'
Graindrum, a neural granular drum machine: set it up, in one command.

  sh hardware/setup.sh run [OPTION …]     set up and play; options go to `graindrum run`
  sh hardware/setup.sh test [OPTION …]    set up what tests need and run them all; options go to pytest
  sh hardware/setup.sh install            install to /opt/graindrum and start at boot (as root; again to update)
  sh hardware/setup.sh uninstall          undo that; kits, patterns and configuration stay (as root)
  sh hardware/setup.sh help               this text

GRAINDRUM_PYTHON=/path/to/python3.x chooses the interpreter (3.10 to 3.13).
END
}

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
root() { [ "$(id -u)" -eq 0 ]; }
offers() { command -v "$1" >/dev/null 2>&1; }

logged() { # a command whose output only matters when it fails
    mkdir -p "$checkout/.cache"
    if ! "$@" >"$log" 2>&1; then
        tail -n 25 "$log" >&2
        die "this failed: $*"
    fi
}

# pip with room for its downloads: /tmp lies in memory on many boards.
pip_install() { # $1: an environment
    mkdir -p "$checkout/.cache/tmp"
    python_there=$1/bin/python
    shift
    TMPDIR=$checkout/.cache/tmp "$python_there" -m pip install --quiet "$@"
}

# --- Python -----------------------------------------------------------------------------------------------------

# Prints what an interpreter lacks, as endings of Debian package names; fails where it is of no use at all.
probe='
import os, sys, sysconfig
if not (3, 10) <= sys.version_info[:2] < (3, 14):
    sys.exit(1)
lacks = []
try:
    import ensurepip, venv
except ImportError:
    lacks.append("venv")
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    lacks.append("dev")
print("%d.%d" % sys.version_info[:2], *lacks)
'

# Sets `python`, its `version` and `python_packages` (what it lacks). The newest versions for which every dependency has
# a wheel come first; 3.13 has to compile python-rtmidi. Names on the PATH may be shims that lead nowhere.
choose_python() {
    python='' python_packages='' incomplete='' incomplete_packages='' incomplete_version=''
    for name in ${GRAINDRUM_PYTHON:-python3.12 /usr/bin/python3.12 python3.11 /usr/bin/python3.11 \
        python3.10 /usr/bin/python3.10 python3 /usr/bin/python3 python3.13 /usr/bin/python3.13}; do
        offers "$name" || continue
        found=$("$name" -c "$probe" 2>/dev/null) || continue
        version=${found%% *}
        lacks=${found#"$version"}
        if [ -z "$lacks" ]; then
            python=$name
            break
        fi
        case $(command -v "$name") in
            /usr/bin/*) ;;
            *) continue ;; # not a package's, so no package completes it
        esac
        if [ -z "$incomplete" ]; then
            incomplete=$name incomplete_version=$version
            for part in $lacks; do incomplete_packages="$incomplete_packages python$version-$part"; done
        fi
    done
    [ -n "$python" ] || { python=$incomplete python_packages=$incomplete_packages version=$incomplete_version; }
    if [ -z "$python" ]; then
        python_packages='python3 python3-venv python3-dev'
        version=$(apt-cache show --no-all-versions python3 2>/dev/null | sed -n 's/^Version: \(3\.[0-9]*\).*/\1/p')
    fi
}

refuse_old_python() {
    [ -z "$python" ] || return 0
    [ -z "${GRAINDRUM_PYTHON:-}" ] ||
        die "GRAINDRUM_PYTHON=$GRAINDRUM_PYTHON must be a Python from 3.10 to 3.13 with venv and its C headers"
    [ ! -x /usr/bin/python3 ] ||
        die "Graindrum needs Python 3.10 to 3.13, and this system brings $(/usr/bin/python3 --version 2>&1):" \
            "install one of those and name it in GRAINDRUM_PYTHON"
}

# --- System packages --------------------------------------------------------------------------------------------

has_library() { ldconfig -p 2>/dev/null | grep -q "$1"; }
has_compiler() { printf '#include <math.h>\n' | ${CC:-gcc} -x c -fsyntax-only - >/dev/null 2>&1; }

# Sets `missing`, as Debian package names; `$1` is run, test or install, `$2` is yes where something must be built.
list_missing() {
    missing=
    has_library libportaudio.so.2 || missing=libportaudio2
    if [ "$2" = yes ]; then
        choose_python
        refuse_old_python
        missing="$missing $python_packages"
        has_compiler || missing="$missing gcc libc6-dev"
        if [ "$version" = 3.13 ]; then # no wheel of python-rtmidi
            offers g++ || missing="$missing g++"
            { offers pkg-config && pkg-config --exists alsa jack; } ||
                missing="$missing pkg-config libasound2-dev libjack-jackd2-dev"
        fi
    fi
    if [ "$1" = test ]; then
        offers jackd || missing="$missing jackd2"
        offers shellcheck || missing="$missing shellcheck"
    fi
    # shellcheck disable=SC2086,SC2116 # this takes the extra blanks out
    missing=$(echo $missing)
}

apt_install() {
    apt-get -y -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"
}

apt_install_or_update() { apt_install "$@" || { apt-get -qq update && apt_install "$@"; }; }

install_missing() { # $1, $2: as above; looks again after installing, since only then Python's version is sure
    list_missing "$1" "$2"
    [ -n "$missing" ] || return 0
    offers apt-get ||
        die "missing, in Debian's names: $missing; install what your system calls them, then run this again"
    root || die "missing system packages; type this, then run this again:  sudo apt-get install -y $missing"
    say "installing $missing"
    # shellcheck disable=SC2086 # a list of names
    logged apt_install_or_update $missing
    [ "${3:-}" = again ] || install_missing "$1" "$2" again
}

# An emulated Arm processor, where root can have it: without it one test skips, and says so.
install_emulator() {
    if [ "$(uname -m)" != x86_64 ] || ! root || ! offers apt-get; then return 0; fi
    if offers aarch64-linux-gnu-gcc && offers qemu-aarch64; then return 0; fi
    say "installing an Arm cross compiler and emulator for one test"
    apt_install_or_update gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user >"$log" 2>&1 ||
        say "that did not work; the test will be skipped"
}

# --- The environment in the checkout ----------------------------------------------------------------------------

# What an environment was made from. It is made anew, or brought up to date, when this changes.
fingerprint() {
    (
        cd "$checkout"
        printf '%s %s\n' "$checkout" "$(cat pyproject.toml setup.py instrument/engine/build.py \
            instrument/*/*/*.[ch] | cksum)"
    )
}

prepare() { # $1: run or test
    case $(uname -m) in
        armv6l | armv7l | i?86) die "Graindrum needs a 64-bit system; this one is $(uname -m)" ;;
    esac
    wanted=$(fingerprint)
    stamp=$venv/graindrum-$1.stamp
    if [ "$1" = run ] && [ -e "$venv/graindrum-test.stamp" ]; then stamp=$venv/graindrum-test.stamp; fi
    stale=yes
    if "$venv/bin/python" -c '' >/dev/null 2>&1 && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then stale=no; fi
    install_missing "$1" "$stale"
    [ "$1" != test ] || install_emulator
    [ "$stale" = no ] || build "$1"
}

build() {
    extras=
    [ "$1" = run ] || extras='[models,test]'
    if [ -d "$venv" ] && [ ! -w "$venv" ]; then
        die "$venv belongs to someone else; run this as them, or remove that folder"
    fi
    if ! "$venv/bin/python" -c "$probe" >/dev/null 2>&1; then
        say "making $venv with $("$python" --version)"
        logged "$python" -m venv --clear "$venv"
    fi
    # Never write into a mapped library.
    rm -f "$venv"/graindrum-*.stamp "$checkout"/instrument/engine/_core*.so "$checkout"/instrument/drivers/_jackmidi*.so
    say "installing Python packages and building the C core: a minute the first time${extras:+, more for PyTorch}"
    logged pip_install "$venv" --editable "$checkout$extras"
    printf '%s\n' "$wanted" >"$stamp"
}

# --- The service ------------------------------------------------------------------------------------------------

as_root_only() { root || die "this changes the system; type:  sudo sh $checkout/hardware/setup.sh $1"; }
systemd_runs() { [ -d /run/systemd/system ]; }

install_service() {
    as_root_only install
    install_missing install yes
    offers systemctl || die "this system has no systemd to start Graindrum at boot; use: sh hardware/setup.sh run"
    id graindrum >/dev/null 2>&1 || logged useradd --system --user-group --groups audio \
        --home-dir /var/lib/graindrum --shell /usr/sbin/nologin graindrum
    install_program
    install -D -m 644 "$checkout/systemd/graindrum.service" "$unit"
    install -D -m 644 "$checkout/systemd/limits.conf" "$limits"
    if systemd_runs; then
        systemctl daemon-reload
        systemctl --quiet enable graindrum
        systemctl restart graindrum || die "it is installed, but did not start; why:  journalctl -u graindrum -n 20"
        say "Graindrum plays, and will after every boot. Look: graindrum tui · systemctl status graindrum"
    else
        systemctl --quiet enable graindrum
        say "Graindrum will play from the next boot on (systemd is not running here). Look: graindrum tui"
    fi
}

install_program() { # into its own environment, from a copy, so that the checkout stays as it is
    sources=$(mktemp -d)
    trap 'rm -rf "$sources"' EXIT
    (cd "$checkout" && cp -R pyproject.toml setup.py LICENSE NOTICE README.md instrument models hardware "$sources")
    rm -f "$sources"/instrument/engine/_core* "$sources"/instrument/drivers/_jackmidi*
    say "installing Graindrum to $installed (a minute or two)"
    "$installed/venv/bin/python" -c "$probe" >/dev/null 2>&1 || logged "$python" -m venv --clear "$installed/venv"
    logged pip_install "$installed/venv" "$sources"
    ln -sf "$installed/venv/bin/graindrum" /usr/local/bin/graindrum
}

uninstall_service() {
    as_root_only uninstall
    if systemd_runs; then systemctl --quiet disable --now graindrum 2>/dev/null || true; fi
    rm -rf "$installed"
    rm -f "$unit" "$limits" /etc/systemd/system/multi-user.target.wants/graindrum.service /usr/local/bin/graindrum
    if systemd_runs; then systemctl daemon-reload; fi
    say "removed; /var/lib/graindrum (kits and patterns) and /etc/graindrum stay, and the user graindrum that owns them"
}

# --- Commands ---------------------------------------------------------------------------------------------------

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
    run)
        prepare run
        exec "$venv/bin/graindrum" run "$@"
        ;;
    test)
        prepare test
        cd "$checkout"
        exec "$venv/bin/python" -m pytest -m 'not bench' "$@"
        ;;
    install) install_service ;;
    uninstall) uninstall_service ;;
    help | -h | --help) usage ;;
    *)
        usage >&2
        exit 2
        ;;
esac
