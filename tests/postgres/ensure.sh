#!/usr/bin/env bash
# Makes the programs of PostgreSQL and PgBouncer available to the tests, which start servers of their own. As root with
# CI=true it installs Debian's packages, without the servers that they would start by themselves; elsewhere it says how.
set -euo pipefail

found() {
    { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; } &&
        { command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ]; }
}

if found; then
    exit 0
fi
if [ "${CI:-}" != true ]; then
    echo "!!! PostgreSQL or PgBouncer is not installed: what needs it is not tested" \
        "(Debian: apt-get install postgresql pgbouncer)" >&2
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "PostgreSQL or PgBouncer is not installed, and this is not root on Debian; install them" \
        "(initdb, pg_ctl, pg_basebackup, psql, pgbouncer)" >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet --quiet
apt-get install --yes --quiet --quiet --no-install-recommends postgresql-common >/dev/null
sed --in-place 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
apt-get install --yes --quiet --quiet --no-install-recommends postgresql pgbouncer >/dev/null
found || { echo "the packages postgresql and pgbouncer brought no initdb or no pgbouncer" >&2; exit 1; }
