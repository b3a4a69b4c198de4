#!/bin/sh
# The core stack as a careful shell script makes it: the limit that `make bench` compares the roles (core.yml) with.
# It writes the same files, and a second run changes nothing. tools/bench.py refuses to compare when a file differs.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

# put FILE: write standard input to it; succeed if that changed it.
put() {
  mkdir -p "${1%/*}"
  cat > "$1.new"
  if cmp -s "$1.new" "$1"; then
    rm "$1.new"
    return 1
  fi
  mv "$1.new" "$1"
}

psql() { runuser --user=postgres -- psql --no-psqlrc --tuples-only --no-align "$@"; }

. /etc/os-release
case $VERSION_ID in
  12) version=15 listen='443 ssl http2' http2='' ;;
  13) version=17 listen='443 ssl' http2='http2 on;' ;;
esac

put /etc/postgresql-common/createcluster.d/groundcrew.conf <<'FILE' || true
initdb_options = '--data-checksums --encoding=UTF8 --locale=C.UTF-8'
FILE
set -- "postgresql-$version" python3-psycopg2 acl redis-server openssl python3-cryptography nginx
if [ "$(dpkg-query --show --showformat='${db:Status-Status}\n' "$@" 2> /dev/null | grep -cx installed)" != $# ]; then
  [ -n "$(find /var/lib/apt/lists -maxdepth 0 -mmin -60)" ] || apt-get update -q
  apt-get install -qy --no-install-recommends "$@"
  systemctl disable --quiet --now redis-server
fi

reload='' database='' redis='' nginx=''
restart_when_killed='[Unit]
StartLimitIntervalSec=0
[Service]
Restart=on-failure
RestartSec=1s'
unit=postgresql@$version-main.service
echo "$restart_when_killed" | put "/etc/systemd/system/$unit.d/groundcrew.conf" && reload=yes
echo "$restart_when_killed" | put /etc/systemd/system/nginx.service.d/groundcrew.conf && reload=yes
put /etc/systemd/system/redis-server@shop.service.d/groundcrew.conf <<'FILE' && reload=yes redis=yes
[Service]
Group=shop
RuntimeDirectoryMode=0750
StateDirectory=redis-%i
StateDirectoryMode=0700
WorkingDirectory=/var/lib/redis-%i
FILE

# PostgreSQL
kb=$(awk '/^MemTotal/ {print $2}' /proc/meminfo)
ram=$(((kb + 262143) / 262144 * 256))
between() { echo $(($1 < $2 ? $2 : $1 > $3 ? $3 : $1)); }
put "/etc/postgresql/$version/main/conf.d/groundcrew.conf" <<FILE && database=yes
listen_addresses = 'localhost'
password_encryption = 'scram-sha-256'
shared_buffers = '$((ram / 4))MB'
effective_cache_size = '$((ram * 7 / 10))MB'
maintenance_work_mem = '$(between $((ram / 16)) 32 2048)MB'
work_mem = '$(between $((ram / 4 / 100)) 2 128)MB'
FILE

# Redis
getent group shop > /dev/null || groupadd --system shop
put /etc/redis/redis-shop.conf <<'FILE' && redis=yes
port 0
unixsocket /run/redis-shop/redis.sock
unixsocketperm 770
logfile ""
save ""
maxmemory 128mb
maxmemory-policy allkeys-lru
appendonly no
FILE
chown root:shop /etc/redis/redis-shop.conf
chmod 0640 /etc/redis/redis-shop.conf

# The certificate
ssl=/etc/ssl/groundcrew
if ! openssl verify -CAfile $ssl/ca/ca.pem $ssl/shop/fullchain.pem > /dev/null 2>&1 ||
  ! openssl x509 -in $ssl/shop/fullchain.pem -noout -checkend 2592000 > /dev/null; then
  mkdir -p $ssl/ca $ssl/shop
  umask 077
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 3650 \
    -subj '/CN=Groundcrew CA' -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
    -addext keyUsage=critical,keyCertSign,cRLSign -keyout $ssl/ca/ca.key -out $ssl/ca/ca.pem
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 397 -subj / \
    -CA $ssl/ca/ca.pem -CAkey $ssl/ca/ca.key -addext subjectAltName=critical,DNS:shop.example.com \
    -addext basicConstraints=CA:FALSE -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=serverAuth \
    -keyout $ssl/shop/privkey.pem -out $ssl/shop/fullchain.pem
  umask 022
  chmod 0755 $ssl $ssl/ca $ssl/shop
  chmod 0644 $ssl/ca/ca.pem $ssl/shop/fullchain.pem
  nginx=yes
fi

# Nginx
[ ! -e /etc/nginx/sites-enabled/default ] || { rm /etc/nginx/sites-enabled/default && nginx=yes; }
put /etc/nginx/conf.d/groundcrew.conf <<'FILE' && nginx=yes
client_header_timeout 20s;
client_body_timeout 30s;
send_timeout 30s;
gzip_vary on;
gzip_types text/css text/plain text/xml application/javascript application/json application/xml image/svg+xml;
map $http_upgrade $groundcrew_upgrade {
    ~*^websocket$ $http_upgrade;
    default       "";
}
map $groundcrew_upgrade $groundcrew_connection {
    ""      close;
    default upgrade;
}
map "$host $http_host" $groundcrew_host {
    "~*^(\S+) \1(:\d+)?$" $http_host;
    default                $host;
}
map $uri $groundcrew_cache {
    "~\.[0-9a-f]{12}\.[^./]+$" "public, max-age=31536000, immutable";
    default                     "public, max-age=300";
}
map $sent_http_content_type $groundcrew_media_policy {
    "~*/(html|xml|javascript)|\+xml" "default-src 'none'; style-src 'unsafe-inline'; sandbox";
    default                          "";
}
server {
    listen 80 default_server;
    listen 443 ssl default_server;
    listen [::]:80 default_server;
    listen [::]:443 ssl default_server;
    server_name _;
    include snippets/groundcrew-tls.conf;
    ssl_reject_handshake on;
    return 444;
}
FILE
put /etc/nginx/snippets/groundcrew-tls.conf <<'FILE' && nginx=yes
ssl_protocols TLSv1.2 TLSv1.3;
ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;
ssl_ecdh_curve X25519:prime256v1:secp384r1;
ssl_prefer_server_ciphers off;
ssl_session_timeout 1d;
ssl_session_cache shared:groundcrew:10m;
ssl_session_tickets off;
server_tokens off;
FILE
put /etc/nginx/sites-enabled/shop.conf <<FILE && nginx=yes
geo \$groundcrew_closed_shop {
    default yes;
}
server {
    listen 80;
    listen [::]:80;
    server_name shop.example.com;
    include snippets/groundcrew-tls.conf;
    return 301 https://\$host\$request_uri;
}
server {
    listen $listen;
    listen [::]:$listen;
    $http2
    server_name shop.example.com;
    ssl_certificate /etc/ssl/groundcrew/shop/fullchain.pem;
    ssl_certificate_key /etc/ssl/groundcrew/shop/privkey.pem;
    include snippets/groundcrew-tls.conf;
    access_log /var/log/nginx/access.log combined buffer=64k flush=1s;
    client_max_body_size 10m;
    gzip off;
    set \$groundcrew_closed \$groundcrew_closed_shop;
    if (!-f /etc/nginx/maintenance/shop.html) {
        set \$groundcrew_closed no;
    }
    if (\$uri = /.groundcrew/maintenance) {
        set \$groundcrew_closed no;
    }
    if (\$groundcrew_closed = yes) {
        return 503;
    }
    error_page 503 /.groundcrew/maintenance;
    location = /.groundcrew/maintenance {
        internal;
        default_type text/html;
        alias /etc/nginx/maintenance/shop.html;
        add_header Retry-After 300 always;
        add_header Cache-Control no-store always;
    }
    location / {
        proxy_pass http://unix:/run/shop/web.sock:;
        proxy_http_version 1.1;
        proxy_set_header Connection \$groundcrew_connection;
        proxy_set_header Upgrade \$groundcrew_upgrade;
        proxy_set_header Host \$groundcrew_host;
        proxy_set_header X-Real-IP \$remote_addr;
        proxy_set_header X-Forwarded-For \$remote_addr;
        proxy_set_header X-Forwarded-Proto \$scheme;
        proxy_set_header X-Forwarded-Host \$groundcrew_host;
        proxy_set_header X-Forwarded-Port \$server_port;
        proxy_set_header X-Request-ID \$request_id;
        proxy_set_header Forwarded "";
        proxy_set_header Proxy "";
        proxy_read_timeout 60s;
        proxy_send_timeout 60s;
    }
}
FILE

# What runs is what is on disk.
[ ! "$reload" ] || systemctl daemon-reload
[ ! "$database" ] || systemctl restart "$unit"
[ ! "$redis" ] || systemctl restart redis-server@shop
[ ! "$nginx" ] || { nginx -t -q && systemctl reload nginx; }
systemctl is-enabled --quiet redis-server@shop || systemctl enable --quiet redis-server@shop
systemctl start "$unit" redis-server@shop nginx
if [ "$(psql --command="SELECT count(*) FROM pg_database WHERE datname = 'shop'")" = 0 ]; then
  psql --quiet <<'SQL'
CREATE ROLE shop LOGIN;
CREATE DATABASE shop OWNER shop;
REVOKE ALL ON DATABASE shop FROM PUBLIC;
SQL
fi
