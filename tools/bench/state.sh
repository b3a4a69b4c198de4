#!/bin/sh
# Print what a host of `make bench` has, without what may differ: comments and empty lines.
exec 2>&1
set -- /etc/nginx/conf.d/groundcrew.conf /etc/nginx/snippets/groundcrew-tls.conf /etc/nginx/sites-enabled/* \
  /etc/redis/redis-shop.conf /etc/postgresql/*/main/conf.d/groundcrew.conf /etc/postgresql-common/createcluster.d/* \
  /etc/systemd/system/*.service.d/groundcrew.conf
grep -vE '^[[:space:]]*(#|$)' "$@"
find "$@" /etc/ssl/groundcrew -printf '%p %m %u:%g\n' | sort
dpkg-query --show --showformat='${Package} ${Version}\n'
systemctl is-active 'postgresql@*-main' redis-server@shop nginx redis-server
systemctl is-enabled redis-server@shop nginx redis-server
runuser --user=postgres -- psql -Atc "SELECT datname, datdba::regrole, datacl FROM pg_database ORDER BY 1; SHOW data_checksums; SHOW shared_buffers"
# There is no application behind the site: 502 says that all before it works.
openssl s_client -connect 127.0.0.1:443 -servername shop.example.com -verify_hostname shop.example.com -verify_return_error \
  -CAfile /etc/ssl/groundcrew/ca/ca.pem -quiet 2> /dev/null <<'REQUEST' | grep -o '^HTTP/1.1 502'
GET / HTTP/1.0
Host: shop.example.com

REQUEST
