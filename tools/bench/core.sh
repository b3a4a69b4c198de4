#!/bin/sh
# The core stack as a careful shell script makes it: the limit that `make bench` compares others with. A second run
# changes nothing. The program puts the files in, each as a call of `put`, and `limit` and `packages` from core.json.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
changed=' '

# put FILE OWNER GROUP MODE: write standard input to it, and note when that changed it.
put() {
  mkdir -p "${1%/*}"
  cat > "$1.new"
  if [ -e "$1" ] && [ "$(stat --format='%U %G %a' "$1")" = "$2 $3 $4" ] && cmp -s "$1.new" "$1"; then
    rm "$1.new"
    return
  fi
  chown "$2:$3" "$1.new"
  chmod "$4" "$1.new"
  mv "$1.new" "$1"
  changed="$changed$1 "
}

touched() { case $changed in *"$1"*) true ;; *) false ;; esac }
psql() { runuser --user=postgres -- psql --no-psqlrc --tuples-only --no-align --quiet "$@"; }

#EARLY
set -- @packages@
if [ "$(dpkg-query --show --showformat='${db:Status-Status}\n' "$@" 2> /dev/null | grep -cx installed)" != $# ]; then
  [ -n "$(find /var/lib/apt/lists -maxdepth 0 -mmin -60)" ] || apt-get update -q
  apt-get install -qy --no-install-recommends "$@"
  systemctl disable --quiet --now redis-server
fi
getent group shop > /dev/null || groupadd --system shop

#FILES
if [ -e /etc/nginx/sites-enabled/default ]; then
  rm /etc/nginx/sites-enabled/default
  changed="${changed}/etc/nginx/sites-enabled/default "
fi

certificates=$(sh -eu <<'CERTIFICATES'
#CERTIFICATES
CERTIFICATES
)
[ ! "$certificates" ] || changed="${changed}/etc/nginx/certificates "

# What runs is what is on disk.
unit=@unit@
! touched /etc/systemd/ || systemctl daemon-reload
if touched /postgresql; then systemctl restart "$unit"; fi
if touched redis; then systemctl restart redis-server@shop; fi
systemctl is-enabled --quiet redis-server@shop groundcrew-nginx-errors.socket ||
  systemctl enable --quiet redis-server@shop groundcrew-nginx-errors.socket
systemctl start "$unit" redis-server@shop groundcrew-nginx-errors.socket
if touched /nginx.service.d/; then
  systemctl restart nginx
elif touched /etc/nginx/; then
  nginx -t -q
  systemctl reload nginx
fi
systemctl start nginx

if [ "$(psql --command="SELECT count(*) FROM pg_database WHERE datname = 'shop'")" = 0 ]; then
  psql postgres <<'SQL'
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
REVOKE CONNECT ON DATABASE template1 FROM PUBLIC;
CREATE ROLE shop LOGIN CONNECTION LIMIT @limit@;
CREATE DATABASE shop OWNER shop;
REVOKE ALL ON DATABASE shop FROM PUBLIC;
SQL
fi
