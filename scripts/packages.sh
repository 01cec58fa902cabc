# packages.sh: which Debian packages the project needs, and how they get there. Sourced by scripts/up and
# scripts/check.

# To build and run the server.
packages_serve=(build-essential cmake ninja-build pkg-config libevent-dev libxxhash-dev)

# To test it and to check the code's form, too.
packages_check=(libcriterion-dev clang clang-format clang-tidy redis-tools python3-redis)

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
