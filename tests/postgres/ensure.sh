#!/usr/bin/env bash
# Makes PostgreSQL's programs available to the tests, which start a server of their own. As root with CI=true it
# installs Debian's package, without the server that the package would start by itself; elsewhere it says how.
set -euo pipefail

found() {
    command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

if found; then
    exit 0
fi
if [ "${CI:-}" != true ]; then
    echo "!!! PostgreSQL is not installed: its journal will not be tested (Debian: apt-get install postgresql)" >&2
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "PostgreSQL is not installed, and this is not root on Debian; install its server (initdb, pg_ctl, psql)" >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet --quiet
apt-get install --yes --quiet --quiet --no-install-recommends postgresql-common >/dev/null
sed --in-place 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
apt-get install --yes --quiet --quiet --no-install-recommends postgresql >/dev/null
found || { echo "the package postgresql brought no initdb" >&2; exit 1; }
