#!/bin/sh
# rehearse VERSION FILE CANDIDATE: start a scratch server with the candidate in place of FILE below /etc/postgresql/VERSION/main.
# Only a server that starts can tell whether settings go together.
set -eu
version=$1 file=$2 candidate=$3
bin=/usr/lib/postgresql/$version/bin
folder=$(mktemp --directory /var/tmp/groundcrew-postgresql.XXXXXX)
run() { runuser --user=postgres -- "$@"; }
end() {
  run "$bin/pg_ctl" --pgdata="$folder/data" --mode=immediate stop > /dev/null 2>&1 || true
  rm -rf "$folder"
}
trap end EXIT
cp --recursive "/etc/postgresql/$version/main" "$folder/main"
cp "$candidate" "$folder/main/$file"
chown --recursive postgres: "$folder"
cd "$folder"

# The first settings meet a server that serves nobody yet: its parser is enough, and quicker.
if [ ! -e "/etc/postgresql/$version/main/conf.d/groundcrew.conf" ]; then
  run "$bin/postgres" --config-file="$folder/main/postgresql.conf" -C shared_buffers > /dev/null
  exit
fi

run "$bin/initdb" --no-sync --auth=peer --pgdata="$folder/data" > /dev/null
# Apart from the real one: its data, its socket, its archive.
options="-c config_file=$folder/main/postgresql.conf -c data_directory=$folder/data -c hba_file=$folder/main/pg_hba.conf"
options="$options -c external_pid_file= -c listen_addresses= -c ssl=off -c unix_socket_directories=$folder"
options="$options -c archive_command=/bin/true -c logging_collector=off -c log_destination=stderr -c huge_pages=try"
if ! run "$bin/pg_ctl" --pgdata="$folder/data" --log="$folder/log" --options="$options" --timeout=60 --wait start > /dev/null 2>&1; then
  grep --extended-regexp 'invalid|unrecognized|FATAL|PANIC' "$folder/log" >&2
  exit 1
fi
