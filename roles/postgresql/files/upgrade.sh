#!/bin/sh
# upgrade OLD NEW METHOD: move the cluster `main` from one major version to the next. The old one is kept, stopped.
# A move that fails is undone, and one that was cut short is undone or ended by the next call.
set -eu
old=$1 new=$2 method=$3
kept=/var/lib/postgresql/groundcrew-upgrade  # how the old cluster was set up, while it is being moved
before=/etc/postgresql/$old/main after=/etc/postgresql/$new/main
cd /
# Servers that are started here must not keep the lock: 9>&-
exec 9> /run/groundcrew-postgresql-upgrade
flock --nonblock 9 || { echo "A run that was started earlier still moves it." >&2; exit 1; }

as_postgres() { runuser --user=postgres -- "$@"; }
port() { pg_lsclusters --no-header "$1" main 2> /dev/null | awk '{print $3}'; }
control() { pg_ctlcluster --skip-systemctl-redirect "$1" main "$2"; }  # a server that is not to serve yet
own() { find "$before/conf.d" -name '*.conf' ! -name 'groundcrew*.conf'; }

# The port goes to the new cluster last. A file without one is of a run that was killed: no cluster has no port either.
moved() { [ -s $kept.port ] && [ "$(port "$new")" = "$(cat $kept.port)" ]; }

# Loading a schema, the tool goes on after an error.
objects() {
  as_postgres psql --port="$1" --no-psqlrc --tuples-only --no-align --command='SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1' |
    while read -r database; do
      as_postgres psql --port="$1" --no-psqlrc --tuples-only --no-align --dbname="$database" --command="
        SELECT current_database(), nspname, relkind, relname FROM pg_class JOIN pg_namespace space ON space.oid = relnamespace
        WHERE nspname !~ '^pg_|^information_schema\$' AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
        ORDER BY 1, 2, 3, 4" < /dev/null
    done
}

back() {
  pg_dropcluster --stop "$new" main 2> /dev/null || true
  control "$old" stop > /dev/null 2>&1 || true
  # Over what is there: without its settings nobody sees the cluster, also when power is lost now.
  rm -f $kept/objects
  cp --archive $kept/. "$before"
  sync
  rm -rf $kept
  systemctl daemon-reload
  systemctl start "postgresql@$old-main.service"
}

move() {
  # A port among the role's own settings would be that of both clusters.
  sed --in-place '/^port *=/d' "$before/conf.d/groundcrew.conf"
  pg_conftool "$old" main set port "$(cat $kept.port)"
  objects "$(cat $kept.port)" > $kept/objects
  pg_upgradecluster --method="$method" --keep-port --no-start -v "$new" "$old" main
  own | xargs --no-run-if-empty cp --preserve --target-directory="$after/conf.d"
  control "$new" start
  objects "$(port "$new")" | diff $kept/objects - >&2 || { echo "These tables, views or indexes did not arrive whole." >&2; return 1; }
  control "$new" stop
  pg_conftool "$old" main set port "$(port "$new")"
  pg_conftool "$new" main set port "$(cat $kept.port)"
}

if [ -d $kept ] && ! moved; then back 9>&-; fi
if ! moved; then
  # What comes here is removed when it fails.
  if [ -n "$(port "$new")" ]; then
    echo "There is a cluster $new/main already, which this move has not made. When nobody needs it: pg_dropcluster --stop $new main" >&2
    exit 1
  fi
  # Settings of the operator's own come along, when the new server knows them.
  install --mode=0640 --group=postgres /dev/null $kept.conf
  own | xargs --no-run-if-empty cat > $kept.conf
  as_postgres "/usr/lib/postgresql/$new/bin/postgres" --config-file=$kept.conf -D "/var/lib/postgresql/$old/main" -C port > /dev/null
  port "$old" > $kept.port
  rm -rf $kept.part
  cp --archive "$before" $kept.part
  # It is whole, also after a power cut.
  sync
  mv $kept.part $kept
  trap 'moved || back 9>&-' EXIT
  move 9>&-
  trap - EXIT
fi
systemctl daemon-reload
systemctl enable --quiet --now "postgresql@$new-main.service"
rm -rf $kept
# The planner knows nothing of the new tables.
as_postgres vacuumdb --all --analyze-in-stages --quiet --port="$(port "$new")"
rm $kept.port $kept.conf
