#!/bin/sh
# Installs what is missing, and nothing when nothing is: npm packages, and on Debian and Ubuntu, as root or with sudo
# that asks for no password, the programs of the local engines. Elsewhere it says once what to install.
#
# scripts/setup.sh run    what the service needs; engines that answer already need no programs
# scripts/setup.sh test   what the tests need as well
# scripts/setup.sh image  what the test of the container image needs
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-run}
bun=node_modules/.bin/bun

has() { command -v "$1" > /dev/null 2>&1; }

say() { printf '%s\n' "$*" >&2; }

# One set-up at a time: two would write to the same node_modules. The lock is in a folder of the user's own, where nobody else can
# have put a link in its place.
lock() {
  if has flock; then
    own=${XDG_CACHE_HOME:-${HOME:-$PWD}/.cache}/test-service
    mkdir -p "$own"
    chmod 700 "$own"
    exec 9> "$own/setup.lock"
    flock 9
  fi
}

packages_current() {
  [ -x "$bun" ] && [ -f node_modules/.package-lock.json ] &&
    ! [ package-lock.json -nt node_modules/.package-lock.json ]
}

install_packages() {
  if ! has npm; then
    say 'npm is not installed. Install Node.js 20 or newer with npm, then run this again.'
    exit 1
  fi
  say 'installing npm packages'
  # Some packages ask for a newer Node.js than npm runs on; they are run by Bun, so only errors are shown.
  npm ci --loglevel=error --no-progress > /dev/null
}

java_is_new_enough() {
  java=java
  [ -z "${JAVA_HOME:-}" ] || java="$JAVA_HOME/bin/java"
  major=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${major:-0}" -ge 17 ]
}

# Prints the missing programs of the engines named in $1, one a line.
missing_programs() {
  for engine in $1; do
    case $engine in
      redis) has redis-server || echo redis-server ;;
      kafka)
        java_is_new_enough || echo java
        has mvn || echo maven
        ;;
    esac
  done
  if [ "$purpose" = test ]; then
    has git || echo git
    has openssl || echo openssl
    has systemd-analyze || echo systemd
    has kcat || echo kcat
    has nginx || [ -x /usr/sbin/nginx ] || echo nginx
    has pgbouncer || [ -x /usr/sbin/pgbouncer ] || echo pgbouncer
    has docker-compose || echo docker-compose
    has promtool || echo prometheus
    has chromium || has chromium-browser || has google-chrome || echo chromium
    python3 -c 'import ensurepip, venv' 2> /dev/null || echo python3-venv
  fi
  if [ "$purpose" = image ] && ! { has docker && docker info > /dev/null 2>&1; }; then
    { has docker && { has dockerd || [ -x /usr/sbin/dockerd ]; }; } || echo docker
    has debootstrap || [ -x /usr/sbin/debootstrap ] || echo debootstrap
  fi
}

needed_engines() {
  if [ "$purpose" = run ]; then "$bun" scripts/engines-to-start.ts; else echo 'kafka redis'; fi
}

# Root runs the command itself, others through sudo; fails when sudo would ask for a password.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
  has apt-get && { [ "$(id -u)" -eq 0 ] || { has sudo && sudo -n true 2> /dev/null; }; }
}

# The Debian packages of a program.
package_of() {
  if [ "$1" = docker ]; then
    echo docker.io
    # Debian 13 has its client apart.
    if apt-cache show docker-cli > /dev/null 2>&1; then echo docker-cli; fi
    return
  fi
  if [ "$1" != java ]; then
    echo "$1"
    return
  fi
  for version in 17 21 25; do
    if apt-cache show "openjdk-$version-jre-headless" > /dev/null 2>&1; then
      echo "openjdk-$version-jre-headless"
      return
    fi
  done
  echo default-jre-headless
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"
}

# The lists have a lock of their own, which apt-get does not wait for.
refresh_lists() {
  for _ in 1 2 3 4 5 6; do
    if apt update > /dev/null 2>&1; then return; fi
    sleep 5
  done
  say 'apt-get update failed; going on with the lists as they are'
}

# Debian starts the services it installs. We want the program only: a Redis of the system would take the port.
forbid_service_start() {
  policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then return; fi
  trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" > /dev/null
  as_root chmod 755 "$policy"
}

install_programs() {
  say "installing with apt-get:" "$@"
  refresh_lists
  forbid_service_start
  packages=
  for program in "$@"; do packages="$packages $(package_of "$program")"; done
  # shellcheck disable=SC2086  # a list of words
  if ! output=$(apt install --no-install-recommends $packages 2>&1); then
    say "$output"
    exit 1
  fi
  for unit in redis-server nginx pgbouncer prometheus docker.socket docker.service; do
    case " $* " in
      *" ${unit%.*} "*) if [ -d /run/systemd/system ]; then as_root systemctl disable -q "$unit" || true; fi ;;
    esac
  done
}

explain() {
  say "Not installed:" "$@"
  say 'Install them with your package manager (java: version 17 or newer),'
  say 'or start the engines with Docker: docker-compose up -d'
}

python_tools=.cache/python
python_tools_list=test/requirements.txt

python_tools_current() { cmp -s "$python_tools_list" "$python_tools/installed.txt"; }

install_python_tools() {
  say 'installing schemathesis and kubernetes-validate'
  rm -rf "$python_tools"
  python3 -m venv "$python_tools"
  "$python_tools/bin/pip" install --quiet --disable-pip-version-check -r "$python_tools_list"
  cp "$python_tools_list" "$python_tools/installed.txt"
}

helm_version=v3.17.3
helm_folder=$PWD/.cache/helm-$helm_version

# From its sources, which takes some minutes; Go keeps what it has compiled for the next checkout.
install_helm() {
  if ! has go; then
    say 'Go is not installed: the tests of the Helm chart are left out. They need 1.23 or newer.'
    return
  fi
  say 'installing helm'
  output=$(GOBIN=$helm_folder nice go install -ldflags='-s -w' "helm.sh/helm/v3/cmd/helm@$helm_version" 2>&1) || say "$output"
}

# The last step: it needs Python, which may just have been installed.
finish() {
  if [ "$purpose" = test ]; then
    python_tools_current || { lock; python_tools_current || install_python_tools; }
    [ -x "$helm_folder/helm" ] || { lock; [ -x "$helm_folder/helm" ] || install_helm; }
  fi
  exit 0
}

packages_current || { lock; packages_current || install_packages; }
everything=$(missing_programs 'kafka redis')
[ -n "$everything" ] || finish
missing=$(missing_programs "$(needed_engines)")
[ -n "$missing" ] || finish
# shellcheck disable=SC2086  # a list of words
if ! may_install; then
  explain $missing
  exit 1
fi
lock
missing=$(missing_programs "$(needed_engines)")
# shellcheck disable=SC2086
[ -z "$missing" ] || install_programs $missing
finish
