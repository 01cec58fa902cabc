# shellcheck shell=bash
# packages.sh: which Debian packages the project needs, and how they get there. Sourced by scripts/up,
# scripts/check, scripts/coverage and scripts/compare.

# To build and run the server.
# shellcheck disable=SC2034  # used by those who source this
PACKAGES_SERVE=(build-essential cmake ninja-build pkg-config libevent-dev libxxhash-dev libsqlite3-dev libedit-dev)

# To test it and to check the code's form, too.
# shellcheck disable=SC2034
PACKAGES_CHECK=(libcriterion-dev sqlite3 clang libclang-rt-dev clang-format clang-tidy shellcheck redis-tools netcat-openbsd python3 python3-redis libhiredis-dev node-redis spin)

# To measure what the tests reach, beside those to build and run the server.
# shellcheck disable=SC2034
PACKAGES_COVERAGE=(libcriterion-dev gcovr)

# To measure it beside others, beside what builds and runs the server.
# shellcheck disable=SC2034
PACKAGES_COMPARE=(redis-server redis-tools postgresql-15 gnuplot-nox python3)

# Installs those of the given packages that are missing; asks dpkg first, so that a machine that has them all
# needs neither a network nor root.
packages_install() {
    local missing=() package
    for package in "$@"; do
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            missing+=("$package")
        fi
    done
    if [ ${#missing[@]} -eq 0 ]; then
        return
    fi
    echo "installing ${missing[*]}" >&2
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends \
        "${missing[@]}" >&2
}
